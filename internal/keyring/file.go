package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The file of keys is text: people print it, keep it in a safe and type it in again. docs/formats/keys.md
// tells how it is written. No error quotes any of it.

const (
	fileTitle   = "vaccin-keys 1"
	maxFileSize = 64 << 10
)

const fileHead = fileTitle + `
# Keys of the identities in the store. Whoever has this file and the store reads every NIR;
# without this file nobody reads any. Keep a copy apart from the store's backups.
`

// Write writes the ring as Parse reads it, with its secrets.
func (r *Ring) Write(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(fileHead)
	for _, s := range r.secrets() {
		fmt.Fprintf(&b, "%v %x\n", s.id, s.bytes[:])
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing keys: %w", err)
	}
	return nil
}

// Parse reads a ring.
func Parse(from io.Reader) (*Ring, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	if len(text) > maxFileSize {
		return nil, errors.New("reading keys: too long to be a list of keys")
	}
	ring, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return ring, nil
}

func parse(text string) (*Ring, error) {
	var secrets []secret
	titled := false
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.Trim(line, " \t\r")
		switch {
		case number == 1:
			if titled = line == fileTitle; !titled {
				return nil, fmt.Errorf("the first line is not «%s»", fileTitle)
			}
		case line == "", line[0] == '#':
		default:
			s, err := parseKey(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			secrets = append(secrets, s)
		}
	}
	if !titled {
		return nil, errors.New("there is nothing")
	}
	return newRing(secrets)
}

// parseKey reads «seal 1 » and 64 hexadecimal digits, which may be spaced in groups.
func parseKey(line string) (secret, error) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return secret{}, errors.New("a key is a kind, a number and 64 hexadecimal digits")
	}
	kind, err := ParseKind(fields[0])
	if err != nil {
		return secret{}, err
	}
	number, err := strconv.ParseUint(fields[1], 10, 16)
	if err != nil || number == 0 || fields[1] != strconv.FormatUint(number, 10) {
		return secret{}, errors.New("a key's number goes from 1 to 65535")
	}
	s := secret{id: ID{kind, uint16(number)}}
	digits := strings.Join(fields[2:], "")
	if len(digits) != hex.EncodedLen(secretSize) {
		return secret{}, fmt.Errorf("a key has %d hexadecimal digits, not %d", hex.EncodedLen(secretSize), len(digits))
	}
	if _, err := hex.Decode(s.bytes[:], []byte(digits)); err != nil {
		return secret{}, errors.New("a key has hexadecimal digits alone")
	}
	return s, nil
}

// othersMask are the permissions that let anyone but its owner at a file.
const othersMask = 0o077

// Load reads the ring of a file, which its owner alone may read.
func Load(path string) (*Ring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the file of keys: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("looking at the file of keys: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the file of keys is no file")
	}
	if info.Mode().Perm()&othersMask != 0 {
		return nil, fmt.Errorf("the file of keys %s may be read or written by others than its owner: chmod 600 it", path)
	}
	return Parse(f)
}

// Create writes the ring to a new file, readable by its owner alone; one that exists is left as it is.
func (r *Ring) Create(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the file of keys: %w", err)
	}
	if err := errors.Join(r.Write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("making the file of keys: %w", errors.Join(err, os.Remove(path)))
	}
	return syncFolder(path)
}

// Replace writes the ring in place of a file, whole or not at all: a key that was lost on the way would
// take with it all that it sealed.
func (r *Ring) Replace(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-")
	if err != nil {
		return fmt.Errorf("replacing the file of keys: %w", err)
	}
	err = errors.Join(r.Write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("replacing the file of keys: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return syncFolder(path)
}

// syncFolder makes the name of a file as durable as what it holds.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("writing the file of keys: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("writing the file of keys: %w", err)
	}
	return nil
}
