package registry

import "unicode"

// Alphabet has the letters of which the names of people are written here: what the documents can print, letter for
// letter, of the Latin script. A test of package document holds each against the fonts. Accents stand in
// their letter (NFC); package web composes what was typed otherwise.
var Alphabet = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0041, Hi: 0x005a, Stride: 1}, // A to Z
		{Lo: 0x0061, Hi: 0x007a, Stride: 1},
		{Lo: 0x00c0, Hi: 0x00d6, Stride: 1}, // western Europe
		{Lo: 0x00d8, Hi: 0x00f6, Stride: 1},
		{Lo: 0x00f8, Hi: 0x017e, Stride: 1}, // the rest of Europe
		{Lo: 0x0181, Hi: 0x0181, Stride: 1}, // Ɓ Ɔ Ɗ Ə Ɛ: western Africa, Azerbaijan
		{Lo: 0x0186, Hi: 0x0186, Stride: 1},
		{Lo: 0x018a, Hi: 0x018a, Stride: 1},
		{Lo: 0x018f, Hi: 0x0190, Stride: 1},
		{Lo: 0x01a0, Hi: 0x01a1, Stride: 1}, // Ơ Ư: Vietnam
		{Lo: 0x01af, Hi: 0x01b0, Stride: 1},
		{Lo: 0x01cd, Hi: 0x01dc, Stride: 1}, // pinyin
		{Lo: 0x01e6, Hi: 0x01e7, Stride: 1},
		{Lo: 0x01ea, Hi: 0x01eb, Stride: 1},
		{Lo: 0x01f4, Hi: 0x01f5, Stride: 1},
		{Lo: 0x01f8, Hi: 0x01ff, Stride: 1},
		{Lo: 0x0218, Hi: 0x021b, Stride: 1}, // Ș Ț: Romania
		{Lo: 0x021e, Hi: 0x021f, Stride: 1},
		{Lo: 0x0226, Hi: 0x0227, Stride: 1},
		{Lo: 0x0253, Hi: 0x0254, Stride: 1}, // ɓ ɔ ɗ ə ɛ
		{Lo: 0x0257, Hi: 0x0257, Stride: 1},
		{Lo: 0x0259, Hi: 0x0259, Stride: 1},
		{Lo: 0x025b, Hi: 0x025b, Stride: 1},
		{Lo: 0x1e02, Hi: 0x1e03, Stride: 1}, // transliterations
		{Lo: 0x1e06, Hi: 0x1e07, Stride: 1},
		{Lo: 0x1e0a, Hi: 0x1e11, Stride: 1},
		{Lo: 0x1e16, Hi: 0x1e17, Stride: 1},
		{Lo: 0x1e1e, Hi: 0x1e2b, Stride: 1},
		{Lo: 0x1e32, Hi: 0x1e3b, Stride: 1},
		{Lo: 0x1e3e, Hi: 0x1e49, Stride: 1},
		{Lo: 0x1e52, Hi: 0x1e53, Stride: 1},
		{Lo: 0x1e56, Hi: 0x1e63, Stride: 1},
		{Lo: 0x1e66, Hi: 0x1e67, Stride: 1},
		{Lo: 0x1e6a, Hi: 0x1e6f, Stride: 1},
		{Lo: 0x1e72, Hi: 0x1e73, Stride: 1},
		{Lo: 0x1e7e, Hi: 0x1e85, Stride: 1}, // Welsh
		{Lo: 0x1e8e, Hi: 0x1e97, Stride: 1},
		{Lo: 0x1e9e, Hi: 0x1ef9, Stride: 1}, // ẞ, Vietnam
	},
	LatinOffset: 4,
}

// NameSigns may stand in a name beside its letters; identities of tests have digits and brackets.
const NameSigns = " '’ʼ-.,()0123456789"

// TextSigns may stand in any other text beside letters.
const TextSigns = NameSigns + "!\"#$%&*+/:;<=>?@[\\]^_`{|}~¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷‒–—‘‚“”„†‡•…‰‹›€№™"
