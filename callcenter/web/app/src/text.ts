/** Names and numbers are written by strangers: what could turn the reading direction or hide is taken out. */

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

export function plain(text: string): string {
  return text.replace(INVISIBLE, "");
}
