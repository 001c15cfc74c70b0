/** What the page shows as selected in the text. */

export class SpanSelection {
  constructor(state) {
    this.state = state;
  }

  /** Select words; `back` where the selection was made from its end. */
  select(start, end, back = false) {
    const { state } = this;
    state.cursor = { start, end };
    const range = state.view.range(start, end);
    const from = [range.startContainer, range.startOffset];
    const to = [range.endContainer, range.endOffset];
    if (back) getSelection().setBaseAndExtent(...to, ...from);
    else getSelection().setBaseAndExtent(...from, ...to);
  }

  backwards() {
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
    if (!anchorNode || !focusNode) return false;
    const order = anchorNode.compareDocumentPosition(focusNode);
    return anchorNode === focusNode ? anchorOffset > focusOffset : Boolean(order & Node.DOCUMENT_POSITION_PRECEDING);
  }

  /** What the page shows as selected in the text, without white space at its ends. */
  taken() {
    const found = this.covered();
    return found && this.state.view.trimmed(found);
  }

  /** What the page shows as selected in the text. */
  covered() {
    const { view } = this.state;
    const selection = getSelection();
    return view && selection.rangeCount && !selection.isCollapsed ? view.covered(selection.getRangeAt(0)) : null;
  }
}
