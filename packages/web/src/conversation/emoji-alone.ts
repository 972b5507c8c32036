/** Whether a text is a few emoji and nothing else. Such a text is shown larger. */
export function isEmojiAlone(text: string): boolean {
  return text.length <= 32 && /^(?:\p{RGI_Emoji}\s*){1,5}$/v.test(text);
}
