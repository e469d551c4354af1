/** Longer texts are counted, but not taken apart: reading one as Markdown takes the editor's host too long. UTF-16 units. */
export const maxMeasuredLength = 256 * 1024;
