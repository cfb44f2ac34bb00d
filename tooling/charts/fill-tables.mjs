/**
 * Returns a page with its tables filled in. A table stands between `<!-- MARK: name -->` and `<!-- /MARK -->`;
 * `tables` are functions by their names.
 */
export function fillTables(page, mark, tables) {
  const places = new RegExp(`(<!-- ${mark}: ([\\w-]+) -->\\n)[\\s\\S]*?(<!-- /${mark} -->)`, 'g')
  return page.replaceAll(places, (_, start, name, end) => {
    if (!(name in tables)) throw new RangeError(`unable to fill the page: there is no table '${name}'`)
    return `${start}\n${tables[name]()}\n\n${end}`
  })
}
