package vitale

// object is one data object: a tag, and the bytes it holds.
type object struct {
	tag   uint16
	value []byte
}

// objects reads the data objects of a file or of a template, by the basic encoding rules of ASN.1 as far
// as ISO 7816-4 uses them: tags of one or two bytes, lengths of one to three. Bytes 00 and FF between
// objects say nothing, as the standard has it. Anything else that is no whole object is Malformed.
func objects(data []byte) ([]object, error) {
	var found []object
	for len(data) > 0 {
		if data[0] == 0x00 || data[0] == 0xFF {
			data = data[1:]
			continue
		}
		tag, rest, ok := cutTag(data)
		if !ok {
			return nil, Malformed
		}
		length, rest, ok := cutLength(rest)
		if !ok || length > len(rest) {
			return nil, Malformed
		}
		found = append(found, object{tag, rest[:length:length]})
		data = rest[length:]
	}
	return found, nil
}

func cutTag(data []byte) (tag uint16, rest []byte, ok bool) {
	if data[0]&0x1F != 0x1F {
		return uint16(data[0]), data[1:], true
	}
	if len(data) < 2 || data[1]&0x80 != 0 {
		return 0, nil, false
	}
	return uint16(data[0])<<8 | uint16(data[1]), data[2:], true
}

func cutLength(data []byte) (length int, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, nil, false
	}
	switch first := data[0]; {
	case first < 0x80:
		return int(first), data[1:], true
	case first == 0x81 && len(data) >= 2:
		return int(data[1]), data[2:], true
	case first == 0x82 && len(data) >= 3:
		return int(data[1])<<8 | int(data[2]), data[3:], true
	}
	return 0, nil, false
}
