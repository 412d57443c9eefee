import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds, parseConditions } from './show-when.js'

const shown = (text, fields) => parseConditions(text).some(condition => holds(condition, name => fields[name] ?? []))

test('one of the values is enough', () => {
  assert.equal(shown('place_type=R10,R11', { place_type: ['R11'] }), true)
  assert.equal(shown('place_type=R10,R11', { place_type: ['R20'] }), false)
})

test('one of the conditions is enough', () => {
  assert.equal(shown('place_type=R10; place_absent=on', { place_type: ['R20'], place_absent: ['on'] }), true)
  assert.equal(shown('place_type=R10; place_absent=on', { place_type: ['R20'] }), false)
})

test('an empty value means empty or unanswered', () => {
  assert.equal(shown('place_type=', {}), true)
  assert.equal(shown('place_type=', { place_type: [''] }), true)
  assert.equal(shown('place_type=', { place_type: ['R10'] }), false)
  assert.equal(shown('place_type=R10', {}), false)
})

test('a text that is no condition is refused', () => {
  for (const text of ['place_type', '=R10']) assert.throws(() => parseConditions(text), /not name=value/)
})
