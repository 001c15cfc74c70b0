/** An item that takes no keys and does nothing by itself. */

export function plain(task, modality, element) {
  return { task, modality, element, key: () => false, shown() {}, hidden() {} };
}
