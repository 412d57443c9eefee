package auth

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestASessionComesBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Byte())).Draw(t, "values")
		deadline := time.Unix(0, rapid.Int64().Draw(t, "deadline")).UTC()
		data := encodeSession(deadline, values)
		at, read, err := decodeSession(data)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range values {
			if !bytes.Equal(read[name], value) {
				t.Errorf("the value of %q came back as %x instead of %x", name, read[name], value)
			}
		}
		if !at.Equal(deadline) || len(read) != len(values) {
			t.Errorf("came back with %d values until %v instead of %d until %v", len(read), at, len(values), deadline)
		}
		if again := encodeSession(at, read); !bytes.Equal(again, data) {
			t.Error("the same session was written in two ways")
		}
	})
}

func TestEveryCutOfASessionIsRefused(t *testing.T) {
	data := encodeSession(time.Unix(1_600_000_000, 0), map[string][]byte{"login": []byte("who"), "carry": []byte("what")})
	whole := 0
	for n := range data {
		_, values, err := decodeSession(data[:n])
		if err == nil {
			whole++ // a cut between two values is a session with fewer
			continue
		}
		if !errors.Is(err, errSessionBytes) || values != nil {
			t.Errorf("cut to %d bytes: %d values, %v", n, len(values), err)
		}
	}
	if whole != 2 {
		t.Errorf("%d cuts were read as sessions, instead of those after the deadline and after the first value", whole)
	}
	if _, _, err := decodeSession([]byte(`{"Deadline":"2021-02-01T00:00:00Z"}`)); !errors.Is(err, errSessionBytes) {
		t.Errorf("a session in another format: %v", err)
	}
}

func FuzzDecodeSession(f *testing.F) {
	f.Add(encodeSession(time.Unix(1_600_000_000, 0), map[string][]byte{"login": []byte(`{"Chosen":0}`), "id-token": {}}))
	f.Add([]byte{sessionFormat, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		deadline, values, err := decodeSession(data)
		if err != nil {
			return
		}
		at, again, err := decodeSession(encodeSession(deadline, values))
		if err != nil || !at.Equal(deadline) || !cmp.Equal(again, values) {
			t.Errorf("read as %v until %v, and written again and read as %v until %v: %v", values, deadline, again, at, err)
		}
	})
}
