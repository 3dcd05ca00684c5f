/** Bounds the bodies that are held at once: a request's is kept until the provider answers. */
export class BodyRoom {
  readonly #all: number;
  #free: number;
  readonly #waiting: { readonly size: number; readonly begin: () => void }[] = [];

  /** @param size bytes; a body that is larger is held alone */
  constructor(size: number) {
    this.#all = size;
    this.#free = size;
  }

  /** Resolves when there is room, in the order of the calls. @returns gives the room back, once */
  async take(bytes: number): Promise<() => void> {
    const size = Math.min(bytes, this.#all);
    if (this.#waiting.length > 0 || size > this.#free)
      await new Promise<void>((begin) => this.#waiting.push({ size, begin }));
    else this.#free -= size;
    let isHeld = true;
    return () => {
      if (isHeld) this.#give(size);
      isHeld = false;
    };
  }

  #give(size: number): void {
    this.#free += size;
    for (let first = this.#waiting[0]; first !== undefined && first.size <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= first.size;
      first.begin();
    }
  }
}
