package auth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// codec writes a session as bytes: its deadline, then its values by name, each with its length. It is
// read at every request, where JSON would cost a third of the rest. The same values give the same bytes,
// so that a session that did not change is seen not to have.
type codec struct{}

// sessionFormat opens the bytes of a session; another way to write one takes another.
const sessionFormat = 1

var errSessionBytes = errors.New("the bytes of a session cannot be read")

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	raw := make(map[string][]byte, len(values))
	for name, value := range values {
		data, ok := value.([]byte)
		if !ok {
			return nil, fmt.Errorf("the session's %s was not put by Manager.Put", name)
		}
		raw[name] = data
	}
	return encodeSession(deadline, raw), nil
}

func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	deadline, raw, err := decodeSession(data)
	values := make(map[string]any, len(raw))
	for name, data := range raw {
		values[name] = data
	}
	return deadline, values, err
}

func encodeSession(deadline time.Time, values map[string][]byte) []byte {
	size := 16
	for name, value := range values {
		size += len(name) + len(value) + 2*binary.MaxVarintLen32
	}
	data := append(make([]byte, 0, size), sessionFormat)
	data = binary.AppendVarint(data, deadline.UnixNano())
	for _, name := range slices.Sorted(maps.Keys(values)) {
		data = binary.AppendUvarint(data, uint64(len(name)))
		data = append(data, name...)
		data = binary.AppendUvarint(data, uint64(len(values[name])))
		data = append(data, values[name]...)
	}
	return data
}

// decodeSession reads what encodeSession wrote. The values are parts of data.
func decodeSession(data []byte) (time.Time, map[string][]byte, error) {
	if len(data) == 0 || data[0] != sessionFormat {
		return time.Time{}, nil, errSessionBytes
	}
	nanos, n := binary.Varint(data[1:])
	if n <= 0 {
		return time.Time{}, nil, errSessionBytes
	}
	values := map[string][]byte{}
	for rest := data[1+n:]; len(rest) > 0; {
		var name, value []byte
		var ok bool
		if name, rest, ok = cutSized(rest); !ok {
			return time.Time{}, nil, errSessionBytes
		}
		if value, rest, ok = cutSized(rest); !ok {
			return time.Time{}, nil, errSessionBytes
		}
		values[string(name)] = value
	}
	return time.Unix(0, nanos).UTC(), values, nil
}

// cutSized cuts off a part that its length precedes.
func cutSized(data []byte) (part, rest []byte, ok bool) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, false
	}
	end := n + int(size) //nolint:gosec // at most the length of data
	return data[n:end:end], data[end:], true
}
