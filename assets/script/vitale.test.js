import assert from 'node:assert/strict'
import { test } from 'node:test'
import { birthDateText, counted, disagreement } from './vitale.js'

test('a program of the same contract is spoken to', () => {
  assert.equal(disagreement({ program: 'vaccin-reader', protocol: 1, paired: false }, 1), undefined)
})

test('other programs are told apart from other versions', () => {
  assert.equal(disagreement({ program: 'vaccin-reader', protocol: 0 }, 1), 'old')
  assert.equal(disagreement({ program: 'vaccin-reader', protocol: 2 }, 1), 'ahead')
  for (const about of [null, undefined, 1, 'vaccin-reader', {}, { program: 'vaccin-reader' }, { program: 'x', protocol: 1 }, { program: 'vaccin-reader', protocol: '1' }]) {
    assert.equal(disagreement(about, 1), 'stranger')
  }
})

test('birth dates are shown as the card has them, of whatever calendar', () => {
  assert.equal(birthDateText('19690512'), '12/05/1969')
  assert.equal(birthDateText('19421901'), '01/19/1942')
  for (const text of ['1942', '1942190', '194219011', '1942 ?', '']) assert.equal(birthDateText(text), text)
})

test('people are counted in French', () => {
  assert.match(counted([{}]), /1 bénéficiaire\./)
  assert.match(counted([{}, {}]), /2 bénéficiaires\./)
})
