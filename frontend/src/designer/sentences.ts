// What the designer says, in the reader's language. English is the key; `admin_views/designer.py` gives the other five.

let words: Record<string, string> = {};

/** Takes the words of the reader's language, by the English that stands here. */
export const speakWith = (given: Record<string, string>) => {
  words = given;
};

/** Says a sentence of the designer in the reader's language, with its values. */
export const worded = (english: string, values: Record<string, string | number> = {}) =>
  Object.entries(values).reduce(
    (said, [name, value]) => said.replace(`{${name}}`, String(value)),
    words[english] ?? english,
  );
