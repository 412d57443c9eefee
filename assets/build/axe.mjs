// The accessibility checker that browser tests run inside the page; never part of the product.
import { read } from './output.mjs'

export function axe () {
  return read('node_modules/axe-core/axe.min.js')
}
