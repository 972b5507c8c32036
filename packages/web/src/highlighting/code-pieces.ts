/** A part of code in one colour; null is the colour of text. */
export interface CodePiece {
  text: string;
  colour: CodeColour | null;
}

/** The colours of code. The style sheet has a class `code-…` for each. */
export type CodeColour = 'keyword' | 'name' | 'value' | 'string' | 'comment' | 'removed';

/** A node of the tree that the highlighter makes. */
export type HighlightNode =
  | { type: 'text'; value: string }
  | { type: 'element'; properties: { className?: unknown }; children: readonly HighlightNode[] };

/** More pieces would take noticeable time to render: the rest of the code has no colours. */
const piecesMax = 3_000;
/** The scopes of highlight.js, by colour. All others have the colour of text. */
const scopes: Record<CodeColour, string> = {
  keyword: 'keyword selector-tag meta section doctag template-tag',
  name: 'title name attr attribute built_in type class property selector-id selector-class selector-attr selector-pseudo',
  value: 'number literal symbol bullet variable template-variable link',
  string: 'string regexp char addition',
  comment: 'comment quote',
  removed: 'deletion',
};
const colours = new Map(
  Object.entries(scopes).flatMap(([colour, names]) =>
    names.split(' ').map((name): [string, CodeColour] => [`hljs-${name}`, colour as CodeColour]),
  ),
);

/** The pieces of highlighted code, from the start to the end. An inner scope takes precedence over an outer one. */
export function codePieces(nodes: readonly HighlightNode[]): CodePiece[] {
  const pieces: CodePiece[] = [];
  const add = (text: string, colour: CodeColour | null) => {
    const last = pieces.at(-1);
    if (last && (last.colour === colour || pieces.length >= piecesMax)) last.text += text;
    else pieces.push({ text, colour: pieces.length === piecesMax - 1 ? null : colour });
  };
  const visit = (node: HighlightNode, outer: CodeColour | null): void => {
    if (node.type === 'text') add(node.value, outer);
    else for (const child of node.children) visit(child, colourOf(node.properties.className) ?? outer);
  };
  for (const node of nodes) visit(node, null);
  return pieces;
}

function colourOf(className: unknown): CodeColour | null {
  if (!Array.isArray(className)) return null;
  // Code that is inserted into a string is no string.
  return colours.get(String(className[0])) ?? null;
}
