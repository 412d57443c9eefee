package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// someKeys are the lines of a ring that stands.
const (
	sealLine  = "seal 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	blindLine = "blind 1 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

func sameKeys(a, b *Ring) bool { return fmt.Sprint(a.Keys()) == fmt.Sprint(b.Keys()) }

func TestWhatIsWrittenIsRead(t *testing.T) {
	ring := fixed(t, 3)
	var file bytes.Buffer
	if err := ring.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := Parse(bytes.NewReader(file.Bytes()))
	if err != nil || !sameKeys(ring, read) {
		t.Fatalf("read %v, %v", read, err)
	}
	sealed := ring.Seal(nil, []byte("a person"), record)
	if opened, err := read.Open(nil, sealed, record); err != nil || string(opened) != "a person" {
		t.Errorf("opened %q, %v", opened, err)
	}
	if !bytes.Equal(read.Blind(number), ring.Blind(number)) {
		t.Error("the ring that was read makes other indexes")
	}
	// However a person or a machine may have copied it.
	copied := strings.ReplaceAll(file.String(), "\n", " \t\r\n")
	copied = strings.ReplaceAll(copied, "seal ", "\n# of old\n  seal  ")
	if again, err := Parse(strings.NewReader(strings.TrimSpace(copied))); err != nil || !sameKeys(ring, again) {
		t.Errorf("copied: %v", err)
	}
	spaced := fileTitle + "\n" + blindLine + "\n" + sealLine[:7] + strings.ToUpper(sealLine[7:23]) + " " + sealLine[23:47] + " " + sealLine[47:]
	if _, err := Parse(strings.NewReader(spaced)); err != nil {
		t.Errorf("in groups of digits: %v", err)
	}
}

// badFiles are no ring, and why.
var badFiles = []struct{ name, file, why string }{
	{"empty", "", "nothing"},
	{"no title", sealLine + "\n" + blindLine, "first line"},
	{"a title of another version", "vaccin-keys 2\n" + sealLine + "\n" + blindLine, "first line"},
	{"a byte order mark", "\ufeff" + fileTitle + "\n" + sealLine + "\n" + blindLine, "first line"},
	{"UTF-16", "v\x00a\x00c\x00", "first line"},
	{"a title alone", fileTitle, "each kind"},
	{"no blind key", fileTitle + "\n" + sealLine, "each kind"},
	{"no seal key", fileTitle + "\n" + blindLine, "each kind"},
	{"a kind of key that there is not", fileTitle + "\nsign" + sealLine[4:], "line 2: a key is of the kind"},
	{"a kind in capitals", fileTitle + "\nSEAL" + sealLine[4:], "line 2: a key is of the kind"},
	{"number 0", fileTitle + "\nseal 0" + sealLine[6:], "line 2: a key's number"},
	{"number 65536", fileTitle + "\nseal 65536" + sealLine[6:], "line 2: a key's number"},
	{"number 01", fileTitle + "\nseal 01" + sealLine[6:], "line 2: a key's number"},
	{"number +1", fileTitle + "\nseal +1" + sealLine[6:], "line 2: a key's number"},
	{"number -1", fileTitle + "\nseal -1" + sealLine[6:], "line 2: a key's number"},
	{"no number", fileTitle + "\nseal " + sealLine[7:], "line 2: a key is a kind, a number"},
	{"no secret", fileTitle + "\n\nseal 1", "line 3: a key is a kind, a number"},
	{"a digit lacks", fileTitle + "\n" + sealLine[:len(sealLine)-1], "64 hexadecimal digits, not 63"},
	{"a digit more", fileTitle + "\n" + sealLine + "0", "64 hexadecimal digits, not 65"},
	{"a letter O", fileTitle + "\n" + strings.Replace(sealLine, "0001", "O001", 1), "hexadecimal digits alone"},
	{"a wide digit", fileTitle + "\n" + strings.Replace(sealLine, "000", "\uff10", 1), "hexadecimal digits alone"},
	{"a word after the secret", fileTitle + "\n" + sealLine + " current", "64 hexadecimal digits, not 71"},
	{"a remark after the secret", fileTitle + "\n" + sealLine + " # mine", "64 hexadecimal digits, not 69"},
	{"a zero byte", fileTitle + "\n" + sealLine + "\x00", "64 hexadecimal digits, not 65"},
	{"two keys of a number", fileTitle + "\n" + sealLine + "\n" + blindLine + "\nseal 1 aa" + sealLine[9:], "two keys seal 1"},
	{"a line twice", fileTitle + "\n" + sealLine + "\n" + sealLine + "\n" + blindLine, "two keys seal 1"},
	{"one secret for two kinds", fileTitle + "\n" + sealLine + "\nblind" + sealLine[4:], "another's too"},
	{"one secret for two numbers", fileTitle + "\n" + sealLine + "\n" + blindLine + "\nseal 2" + sealLine[6:], "another's too"},
	{"a secret of zeros", fileTitle + "\nseal 1 " + strings.Repeat("00", 32) + "\n" + blindLine, "not drawn"},
	{"a secret of one byte", fileTitle + "\nseal 1 " + strings.Repeat("ab", 32) + "\n" + blindLine, "not drawn"},
	{"too many keys", manyKeys(maxKeys + 1), "more than 64"},
	{"too long", fileTitle + "\n" + strings.Repeat("# long\n", maxFileSize/7+1), "too long"},
}

func manyKeys(n int) string {
	var b strings.Builder
	b.WriteString(fileTitle + "\n" + blindLine + "\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "seal %d %064x\n", i, 1000+i)
	}
	return b.String()
}

func TestBadFilesAreRefusedWithoutBeingQuoted(t *testing.T) {
	for _, bad := range badFiles {
		ring, err := Parse(strings.NewReader(bad.file))
		if ring != nil || err == nil || !strings.Contains(err.Error(), bad.why) {
			t.Errorf("%s: %v", bad.name, err)
			continue
		}
		for _, secret := range []string{"0102030405", "0607", "\ufeff"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error quotes the file: %v", bad.name, err)
			}
		}
	}
	if _, err := Parse(strings.NewReader(manyKeys(maxKeys))); err != nil {
		t.Errorf("the most keys there may be: %v", err)
	}
	if _, err := Parse(failing{}); !errors.Is(err, errFailing) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if err := fixed(t, 1).Write(failing{}); !errors.Is(err, errFailing) {
		t.Errorf("a file that cannot be written: %v", err)
	}
}

var errFailing = errors.New("the disk is gone")

type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errFailing }
func (failing) Write([]byte) (int, error) { return 0, errFailing }

func TestFilesOfKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	ring := fixed(t, 1)
	if _, err := Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := ring.Create(path); err != nil {
		t.Fatal(err)
	}
	read, err := Load(path)
	if err != nil || !sameKeys(ring, read) {
		t.Fatal(err)
	}
	if err := fixed(t, 2).Create(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that is there was made: %v", err)
	}
	if read, err = Load(path); err != nil || !sameKeys(ring, read) {
		t.Errorf("the file is no longer what it was: %v", err)
	}
	more := fixed(t, 2)
	if err := more.Replace(path); err != nil {
		t.Fatal(err)
	}
	if read, err = Load(path); err != nil || !sameKeys(more, read) {
		t.Errorf("replaced: %v", err)
	}
	if left, err := filepath.Glob(path + "?*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "others than its owner") {
			t.Errorf("with the permissions %v: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Errorf("for its owner to read alone: %v", err)
	}
	if _, err := Load(filepath.Dir(path)); err == nil {
		t.Error("a folder is a file of keys")
	}
	lost := filepath.Join(t.TempDir(), "no", "keys")
	if ring.Create(lost) == nil || ring.Replace(lost) == nil {
		t.Error("written where there is no folder")
	}
}

func TestCommandsTellKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	ring := fixed(t, 2)
	if err := ring.Create(path); err != nil {
		t.Fatal(err)
	}
	read, err := FromCommand(t.Context(), "echo aside >&2; cat '"+path+"'")
	if err != nil || !sameKeys(ring, read) {
		t.Fatalf("read %v, %v", read, err)
	}
	for command, why := range map[string]string{
		"":                           "empty",
		" ":                          "empty",
		"echo hush; exit 3":          "status 3",
		"cat '" + path + "'; exit 1": "status 1",
		"/no/such/hush":              "status 127",
		"kill -9 $$":                 "status -1",
		"echo hush >&2":              "nothing",
		"echo hush":                  "first line",
		"yes hush | head -c 1000000": "too long",
	} {
		_, err := FromCommand(t.Context(), command)
		if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", command, err)
		}
	}
}

func TestCommandsThatDoNotEnd(t *testing.T) {
	start := time.Now()
	if _, err := fromCommand(t.Context(), "sleep 30", 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "within 50ms") {
		t.Errorf("a command that sleeps: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := FromCommand(ctx, "sleep 30; true"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestACommandThatHangsLeavesNothingRunning: what the shell started ends with it.
func TestACommandThatHangsLeavesNothingRunning(t *testing.T) {
	left := filepath.Join(t.TempDir(), "left")
	if _, err := fromCommand(t.Context(), "sh -c 'sleep 2; echo >"+left+"'; true", 200*time.Millisecond); err == nil {
		t.Fatal("it ended in time")
	}
	time.Sleep(2500 * time.Millisecond)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the shell's child went on: %v", err)
	}
}

func TestSourcesOfRings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	file := File(path)
	if _, err := file(t.Context(), false); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "vaccin keys new") {
		t.Errorf("no file, though something was sealed: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a ring was made though something was sealed under another")
	}
	made, err := file(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{true, false} {
		if again, err := file(t.Context(), fresh); err != nil || !sameKeys(made, again) {
			t.Errorf("asked again: %v", err)
		}
	}
	if read, err := Command("cat '"+path+"'")(t.Context(), true); err != nil || !sameKeys(made, read) {
		t.Errorf("from a command: %v", err)
	}
	if fixed, err := Fixed(made)(t.Context(), false); fixed != made || err != nil {
		t.Errorf("a fixed ring: %v", err)
	}
	if _, err := File(filepath.Join(path, "below"))(t.Context(), true); err == nil {
		t.Error("made below a file")
	}
}

// FuzzParse: what is read is a ring that can be written and read again, and errors quote nothing.
func FuzzParse(f *testing.F) {
	for _, bad := range badFiles {
		if len(bad.file) < 4<<10 {
			f.Add(bad.file)
		}
	}
	f.Add(fileTitle + "\n" + sealLine + "\n" + blindLine + "\n")
	f.Add(fileTitle + "\r\n# two\r\n" + sealLine + "\r\n" + blindLine + "\r\nseal 7 " + sealLine[9:] + "ee")
	f.Fuzz(func(t *testing.T, file string) {
		ring, err := Parse(strings.NewReader(file))
		if err != nil {
			if len(err.Error()) > 120 {
				t.Fatalf("a long error: %v", err)
			}
			return
		}
		var again bytes.Buffer
		if err := ring.Write(&again); err != nil {
			t.Fatal(err)
		}
		read, err := Parse(&again)
		if err != nil || !sameKeys(ring, read) {
			t.Fatalf("what was written is read as something else: %v", err)
		}
		sealed := ring.Seal(nil, []byte(file), "x")
		if opened, err := read.Open(nil, sealed, "x"); err != nil || string(opened) != file {
			t.Fatalf("the ring that was read does not open: %v", err)
		}
	})
}
