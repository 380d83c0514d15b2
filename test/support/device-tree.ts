/**
 * Turns the power button in the device tree of QEMU's virt machine into a pulse input: the node `gpio-keys` becomes
 * `pps { compatible = "pps-gpio"; gpios = <…>; }`. Done in place, what is left over filled with FDT_NOP, so that no
 * offset changes. Source: Devicetree Specification 0.4 chapter 5 (flattened format), Linux bindings/pps/pps-gpio.yaml.
 */
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const NOP = 4;
const MAGIC = 0xd00dfeed;

const align = (at: number) => (at + 3) & ~3;

/**
 * Changes `tree` itself and answers the part of it that is used: QEMU dumps a megabyte, makes more than two of it when
 * it reads it back, and the kernel takes no tree beyond two, without a word.
 * Throws when there is no such node: another machine, or another QEMU.
 */
export function powerButtonToPulse(tree: Uint8Array): Uint8Array {
  const view = new DataView(tree.buffer, tree.byteOffset, tree.byteLength);
  if (view.getUint32(0) !== MAGIC) throw new Error('not a flattened device tree');
  const strings = view.getUint32(12);
  const textAt = (at: number) => {
    const bytes = tree.subarray(at, tree.indexOf(0, at));
    return new TextDecoder().decode(bytes);
  };
  let depth = 0;
  let begin = -1;
  let ends = -1;
  let compatibleName = -1;
  let gpios: { name: number; value: Uint8Array } | undefined;
  for (let at = view.getUint32(8); ends < 0; ) {
    const token = view.getUint32(at);
    if (token === BEGIN_NODE) {
      const name = textAt(at + 4);
      if (name === 'gpio-keys') begin = at;
      if (begin >= 0) depth += 1;
      at = align(at + 4 + name.length + 1);
    } else if (token === PROPERTY) {
      const length = view.getUint32(at + 4);
      const name = view.getUint32(at + 8);
      const value = tree.slice(at + 12, at + 12 + length);
      if (begin >= 0 && textAt(strings + name) === 'gpios') gpios = { name, value };
      if (begin >= 0 && textAt(strings + name) === 'compatible') compatibleName = name;
      at = align(at + 12 + length);
    } else if (token === END_NODE) {
      at += 4;
      if (begin >= 0) depth -= 1;
      if (begin >= 0 && depth === 0) ends = at;
    } else if (token === NOP) at += 4;
    else throw new Error('the device tree has no power button (gpio-keys)');
  }
  if (gpios === undefined || compatibleName < 0)
    throw new Error('the power button has no line in the device tree');

  let at = begin;
  const word = (value: number) => {
    view.setUint32(at, value);
    at += 4;
  };
  const bytes = (value: Uint8Array) => {
    tree.fill(0, at, align(at + value.length));
    tree.set(value, at);
    at = align(at + value.length);
  };
  const property = (name: number, value: Uint8Array) => {
    word(PROPERTY);
    word(value.length);
    word(name);
    bytes(value);
  };
  word(BEGIN_NODE);
  bytes(new TextEncoder().encode('pps\0'));
  property(compatibleName, new TextEncoder().encode('pps-gpio\0'));
  property(gpios.name, gpios.value);
  word(END_NODE);
  while (at < ends) word(NOP);

  const used = align(Math.max(strings + view.getUint32(32), view.getUint32(8) + view.getUint32(36)));
  view.setUint32(4, used);
  return tree.subarray(0, used);
}
