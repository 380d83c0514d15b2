/**
 * What noonmark must know of a GPS receiver that is put on a board's header: data only. One file a hat in definitions/
 */
export interface HatDefinition {
  /** as `--hat` of the card builder takes it */
  readonly id: string;
  /** for people */
  readonly name: string;
  /** the pulse, on the board's header chip */
  readonly pps: { readonly gpio: number; readonly headerPin: number };
  /** of the serial line as the receiver is shipped */
  readonly baud: number;
  /** what it speaks: u-blox are configured by UBX, MTK by PMTK sentences, others are left as they are */
  readonly receiver: 'ublox' | 'mtk' | 'nmea';
  /** address of the u-blox's DDC on the header's I2C; undefined: not wired */
  readonly ddcAddress: number | undefined;
  /** clock on battery on the header's I2C; undefined: none */
  readonly rtc: { readonly chip: string; readonly address: number } | undefined;
  /** sources in boards/overlays, for Debian's device trees */
  readonly overlays: readonly string[];
  /** lines for /boot/firmware/config.txt of Raspberry Pi OS, beside the board's own */
  readonly configTxt: readonly string[];
  /** where the wiring is documented */
  readonly link: string;
}
