/** What only the environment of Hugging Face's chat templates knows. */
const words =
  /\b(?:raise_exception|strftime_now)\s*\(|\b(?:add_generation_prompt|bos_token|eos_token)\b|\{%-?\s*generation\b/;

/**
 * Whether a template is one that Hugging Face's libraries fill in, or those that follow them. Their filter `tojson`
 * keeps the order of the names, as `json.dumps` does; that of Jinja itself sorts them.
 * @param path with forward slashes
 */
export function isChatTemplate(text: string, path: string): boolean {
  return /(?:^|\/)chat_template[^/]*$/i.test(path) || words.test(text);
}
