/** A thermometer beside the oscillator, as the rest of the code sees it. What it is worth is for the discipline to find out. */
export interface Thermometer {
  /** for people: "ds3231 (/sys/class/hwmon/hwmon1)" */
  readonly name: string;
  /** Degrees Celsius; undefined: it does not answer, or says nonsense. Takes a millisecond at most. */
  read(): number | undefined;
}
