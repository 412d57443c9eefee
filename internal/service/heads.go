package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"

	"vaccin/internal/accesslog"
)

// headsFile is a file to which signed heads are appended.
type headsFile struct{ path string }

// tail is how much of the end of the file is read to find the last head: far more than one has.
const tail = 64 << 10

// last is the number of the last head in the file, 0 when there is none. A head that was cut in the writing is
// removed, for it is written again.
func (h headsFile) last() (number int64, err error) {
	f, err := os.OpenFile(h.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	from := max(0, info.Size()-tail)
	end := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(end, from); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	whole := accesslog.WholeHeads(end)
	if whole == 0 && info.Size() > 0 && from > 0 {
		return 0, errors.New("it does not end in a head")
	}
	if whole < len(end) {
		if err := f.Truncate(from + int64(whole)); err != nil {
			return 0, err
		}
	}
	for head, err := range accesslog.Heads(bytes.NewReader(end[:whole])) {
		if err != nil {
			return 0, err
		}
		number = max(number, accesslog.HeadNumber(head))
	}
	if whole > 0 && number == 0 {
		return 0, errors.New("it does not end in a head")
	}
	return number, nil
}

// add appends heads, and returns when the disk has them.
func (h headsFile) add(heads [][]byte) (err error) {
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var text []byte
	for _, head := range heads {
		text = accesslog.AppendHead(text, head)
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}

// postHead sends a head to the address.
func (k *logKeeper) postHead(ctx context.Context, head []byte) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, k.post, bytes.NewReader(head))
	if err != nil {
		return errors.New("the address of heads cannot be asked")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := k.client.Do(request)
	if err != nil {
		return errors.New("the address of heads does not answer") // the error would tell the address
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, tail)); err != nil {
		return errors.New("the address of heads does not answer to the end")
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the address of heads answers %d", answer.StatusCode)
	}
	return nil
}
