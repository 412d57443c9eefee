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

// last is the last head in the file and its number, 0 when there is none. A head that was cut in the writing is
// removed, for it is written again.
func (h headsFile) last() (last []byte, number int64, err error) {
	f, err := os.OpenFile(h.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	from := max(0, info.Size()-tail)
	end := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(end, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	whole := accesslog.WholeHeads(end)
	if whole == 0 && info.Size() > 0 && from > 0 {
		return nil, 0, errors.New("it does not end in a head")
	}
	if whole < len(end) {
		if err := f.Truncate(from + int64(whole)); err != nil {
			return nil, 0, err
		}
	}
	for head, err := range accesslog.Heads(bytes.NewReader(end[:whole])) {
		if err != nil {
			return nil, 0, err
		}
		if n := accesslog.HeadNumber(head); n > number {
			last, number = bytes.Clone(head), n
		}
	}
	if whole > 0 && number == 0 {
		return nil, 0, errors.New("it does not end in a head")
	}
	return last, number, nil
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

// errOtherHistory is a store whose heads are not those that were sent off the machine: it was restored to an earlier
// moment, or its log was rewritten. What it says is not signed, for the key would then have signed two histories.
var errOtherHistory = errors.New("the file of heads holds heads that the store does not have (restored or rewritten?): " +
	"nothing is signed; see docs/runbooks/audit.md")

// sent is the number of the last head in the file, which must be one of the store's.
func (k *logKeeper) sent(ctx context.Context) (number int64, err error) {
	last, number, err := k.heads.last()
	if err != nil {
		return 0, fmt.Errorf("reading the file of heads: %w", err)
	}
	if number == 0 {
		return 0, nil
	}
	kept, err := k.store.Heads(ctx, number-1, 1)
	if err != nil {
		return 0, err
	}
	if len(kept) == 0 || !bytes.Equal(bytes.TrimSpace(kept[0]), bytes.TrimSpace(last)) {
		return 0, errOtherHistory
	}
	return number, nil
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
