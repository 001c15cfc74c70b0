/** The words of a text, and its characters as people count them. */

const PICTOGRAM = /\p{Extended_Pictographic}/u; // a word of its own
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The words of a part: {start, end}. */
function* wordsOf(part) {
  let place = part.start;
  for (const { segment, isWordLike } of segmenter.segment(part.text)) {
    const size = [...segment].length;
    if (isWordLike || PICTOGRAM.test(segment)) yield { start: place, end: place + size };
    place += size;
  }
}

/** The next word after a place (`step` 1), or the one before it (−1); null where there is none. */
export function wordFrom(view, step, from) {
  for (let number = view.at(Math.min(from, view.size - 1)); number >= 0 && number < view.parts.length; number += step) {
    const found = [...wordsOf(view.parts[number])].filter((one) => (step > 0 ? one.start >= from : one.end <= from));
    if (found.length) return step > 0 ? found[0] : found[found.length - 1];
  }
  return null;
}

/** The word at a place. */
export const wordAt = (view, point) => [...wordsOf(view.parts[view.at(Math.min(point, view.size - 1))])].find((one) => one.start <= point && point <= one.end);

/** A text's characters. */
export const characters = (text) => [...graphemes.segment(text)].map((one) => one.segment);
