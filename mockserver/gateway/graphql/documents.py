"""GraphQL documents as a gateway parses them, and the words of its refusals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    Lexer,
    Node,
    Source,
    Token,
    TokenKind,
    parse,
)
from graphql import Location as NodeLocation

from mockserver.gateway.graphql.refusals import InvalidQuery, Location, invalid

MOST_TOKENS = 20_000  # of a document; a gateway has no limit, neither of levels
MOST_CHARACTERS = 1_000_000
TOO_LARGE = f"this mock does not read more than {MOST_TOKENS} tokens, nor so many levels"
_IGNORED = " \t\r\n,\ufeff"
_COMMENT = re.compile(r"#[^\r\n]*")
TOO_LONG = f"this mock does not read more than {MOST_CHARACTERS} characters of a document"
_ABORTED = "Parsing aborted"  # by graphql-core, for the number of tokens or levels
_NAMES = {
    TokenKind.EOF: "EOF", TokenKind.BANG: "BANG", TokenKind.DOLLAR: "DOLLAR", TokenKind.AMP: "AND",
    TokenKind.PAREN_L: "LPAREN", TokenKind.PAREN_R: "RPAREN", TokenKind.SPREAD: "SPREAD",
    TokenKind.COLON: "COLON", TokenKind.EQUALS: "EQUALS", TokenKind.AT: "AT", TokenKind.BRACKET_L: "LBRACK",
    TokenKind.BRACKET_R: "RBRACK", TokenKind.BRACE_L: "LBRACE", TokenKind.PIPE: "PIPE",
    TokenKind.BRACE_R: "RBRACE", TokenKind.NAME: "IDENT", TokenKind.INT: "INTEGER",
    TokenKind.FLOAT: "FLOAT", TokenKind.STRING: "STRING", TokenKind.BLOCK_STRING: "BLOCKSTRING",
}  # fmt: skip
_SELECTION = "RBRACE IDENT SPREAD"
_DOCUMENT = "EOF LBRACE COMMENT STRING BLOCKSTRING IDENT"
_DEFINITIONS = "ENUM TYPE UNION QUERY INPUT EXTEND SCHEMA SCALAR FRAGMENT INTERFACE DIRECTIVE"
_EXPECTED = re.compile(r"Syntax Error: Expected (.+), found ")
_WANTED = {"'$'": "RPAREN DOLLAR", "':'": "COLON", "'{'": "LBRACE", "'}'": _SELECTION}  # what is expected
_AFTER: dict[TokenKind | None, str] = {  # what stands for a name after a token
    TokenKind.COLON: "IDENT", TokenKind.SPREAD: "IDENT", TokenKind.PAREN_L: "RPAREN",
}  # fmt: skip
_WITHIN = {TokenKind.PAREN_L: "RPAREN", TokenKind.BRACE_L: _SELECTION}
_END: Location = (0, 0)


def parsed(text: str) -> DocumentNode:
    """The document of a text.

    Raises:
        InvalidQuery: the text is no document, or too deep or too long for the mock.
    """
    if not _COMMENT.sub("", text).strip(_IGNORED):
        return DocumentNode(definitions=())
    if len(text) > MOST_CHARACTERS:
        raise invalid(TOO_LONG)
    try:
        return parse(text, max_tokens=MOST_TOKENS)
    except GraphQLSyntaxError as error:
        raise (invalid(TOO_LARGE) if _ABORTED in error.message else _refusal(text, error)) from None


def place_of(node: Node) -> Location:
    """The place where a node begins."""
    assert isinstance(node.loc, NodeLocation)
    return _place(node.loc.start_token)


def _place(token: Token) -> Location:
    """The place of a token; the end of a document has none."""
    return _END if token.kind is TokenKind.EOF else (token.line, token.column)


def _refusal(text: str, error: GraphQLSyntaxError) -> InvalidQuery:
    """The refusal of a text in the words of astparser/parser.go:136 and :183 of graphql-go-tools."""
    assert error.positions is not None
    (position,) = error.positions
    tokens, is_whole = _tokens(text, position)
    index = next((i for i, token in enumerate(tokens) if token.end > position), len(tokens) - 1)
    if not is_whole and position > tokens[index].start:  # a text without an end, which goes on to the last
        return invalid(_unexpected("EOF", _of_open(tokens)), (), [_END])
    token, previous = tokens[index], tokens[index - 1] if index else None
    is_unknown = token.kind is TokenKind.NAME and "Unexpected Name" in error.message
    if is_unknown or token.kind is TokenKind.SOF:  # there is no token before a character that begins none
        message = f"unexpected literal - got: UNDEFINED want one of: [{_DEFINITIONS}]"
    else:
        message = _unexpected(_NAMES[token.kind], _wanted(error.message, previous))
    return invalid(message, (), [_place(token)])


def _tokens(text: str, position: int) -> tuple[list[Token], bool]:
    """The tokens up to a position, and True if they reach it; the first stands for the start of the text."""
    lexer = Lexer(Source(text))
    tokens = [lexer.token]
    try:
        while tokens[-1].kind is not TokenKind.EOF and tokens[-1].end <= position:
            tokens.append(lexer.advance())
    except GraphQLSyntaxError:
        return tokens, False
    return tokens, True


def _unexpected(name: str, wanted: str) -> str:
    return f"unexpected token - got: {name} want one of: [{wanted}]"


def _of_open(tokens: Sequence[Token]) -> str:
    """What may follow tokens, by the bracket that is open."""
    opened: list[TokenKind] = []
    for token in tokens:
        if token.kind in _WITHIN:
            opened.append(token.kind)
        elif token.kind in (TokenKind.PAREN_R, TokenKind.BRACE_R) and opened:
            opened.pop()
    return _WITHIN[opened[-1]] if opened else _DOCUMENT


def _wanted(message: str, previous: Token | None) -> str:
    """What a gateway would take, by what graphql-core expects and by the token before."""
    before = None if previous is None else previous.kind
    if before in (TokenKind.STRING, TokenKind.BLOCK_STRING):
        return "IDENT"
    match = _EXPECTED.match(message)
    if match is None or before is TokenKind.BANG:
        return "" if before in (TokenKind.COLON, TokenKind.BANG) else _DOCUMENT
    if match[1] == "Name":
        return _AFTER.get(before, _SELECTION)
    return "IDENT" if before is TokenKind.SPREAD else _WANTED.get(match[1], "")
