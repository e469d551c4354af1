/** Finished HTML or SVG; every text in it is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Child = Markup | string | readonly Child[];
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const voidElements = new Set(['meta', 'col', 'br']);

/** An element; strings among the children are text. Attributes that are undefined or false are left out. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) =>
      value === true ? ` ${key}` : ` ${key}="${escape(typeof value === 'number' ? short(value) : String(value))}"`,
    )
    .join('');
  return new Markup(`<${name}${written}>${voidElements.has(name) ? '' : `${inner(children)}</${name}>`}`);
}

function inner(child: Child): string {
  return child instanceof Markup ? child.text : typeof child === 'string' ? escape(child) : child.map(inner).join('');
}

function escape(text: string): string {
  return (
    text
      // What XML does not allow at all.
      // eslint-disable-next-line no-control-regex -- those are what is looked for
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      .replace(/'/g, '&#39;')
  );
}

/** A tenth of a pixel is fine enough. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A drawing with its height in pixels; its width is the one that was asked for. */
export interface Chart {
  readonly svg: Markup;
  readonly height: number;
}
