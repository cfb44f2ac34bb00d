// Finds public members without a doc comment, in the exported interfaces, classes and object types of each
// entry of each package.
import { join } from 'node:path'
import ts from 'typescript'
import { packages } from '../repository.mjs'

/** Returns the undocumented members: `{ file, line, name }`. */
export function undocumentedMembers() {
  const files = packages().flatMap(({ folder, manifest }) =>
    Object.values(manifest.exports)
      .map((target) => target['@chat/source'])
      .filter((source) => source !== undefined)
      .map((source) => join(folder, source)),
  )
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    customConditions: ['@chat/source'],
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const found = new Map()
  for (const file of files) {
    for (const exported of checker.getExportsOfModule(
      checker.getSymbolAtLocation(program.getSourceFile(file)),
    )) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      for (const declaration of symbol.declarations ?? []) membersOf(declaration).forEach(note)
    }
  }
  return [...found.values()]

  function note(member) {
    if (isHidden(member) || isDocumented(member)) return
    const source = member.getSourceFile()
    const { line } = source.getLineAndCharacterOfPosition(member.getStart())
    const owner = member.parent.name?.text ?? member.parent.parent.name?.text
    found.set(member, { file: source.fileName, line: line + 1, name: `${owner}.${member.name.getText()}` })
  }
}

/**
 * Returns `true` for a documented member. All overloads of a method count as one member, and `@internal`
 * alone is no documentation.
 */
function isDocumented(member) {
  const same = member.parent.members.filter(
    (other) => other.name && other.name.getText() === member.name?.getText(),
  )
  return [member, ...same]
    .flatMap((each) => ts.getJSDocCommentsAndTags(each))
    .some(
      (doc) => ts.isJSDoc(doc) && (doc.comment || doc.tags?.some((tag) => tag.tagName.text !== 'internal')),
    )
}

function membersOf(node) {
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) return node.members
  if (ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type)) return node.type.members
  return []
}

/**
 * Returns `true` for private members and constructors. The doc comment of a class documents its constructor.
 */
function isHidden(member) {
  const flags = ts.getCombinedModifierFlags(member)
  return !member.name || ts.isPrivateIdentifier(member.name) || (flags & ts.ModifierFlags.Private) !== 0
}
