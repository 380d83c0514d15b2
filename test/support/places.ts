/** Places for so many at a time, given in the order that they were asked for: what runs together does not overload a machine. */
export class Places {
  readonly #waiting: { readonly count: number; readonly go: () => void }[] = [];
  #free: number;
  constructor(count: number) {
    this.#free = count;
  }

  /** Answers when so many places, at most all, are this one's. */
  async take(count: number): Promise<void> {
    const turn = new Promise<void>((go) => this.#waiting.push({ count, go }));
    this.#admit();
    await turn;
  }

  give(count: number): void {
    this.#free += count;
    this.#admit();
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.count <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.count;
      next.go();
    }
  }
}
