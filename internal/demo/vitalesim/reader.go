package vitalesim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// DefaultReader is where vsmartcard's virtual reader waits for a card.
const DefaultReader = "127.0.0.1:35963"

// What the reader sends in a frame of one byte.
const (
	powerOff = 0
	powerOn  = 1
	reset    = 2
	askATR   = 4
)

// Insert puts the card into a virtual reader, which must be empty, and leaves it there until the context
// ends or the card is pulled out. It returns nil in both cases.
func (c *Card) Insert(ctx context.Context, reader string) error {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", reader)
	if err != nil {
		return fmt.Errorf("no virtual reader waits for a card: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the reading below
	defer stop()
	for {
		frame, err := readFrame(conn)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the virtual reader is gone: %w", err)
		}
		reply, err := c.control(frame)
		if err != nil {
			return err
		}
		if c.gone() && len(frame) > 1 {
			return nil
		}
		if len(frame) > 1 {
			reply = c.Answer(frame)
		}
		if reply == nil {
			continue
		}
		if err := writeFrame(conn, reply); err != nil && ctx.Err() == nil {
			return fmt.Errorf("answering the virtual reader: %w", err)
		}
	}
}

// control answers what the reader says to the card's contacts; commands are no business of it.
func (c *Card) control(frame []byte) (reply []byte, err error) {
	if len(frame) != 1 {
		return nil, nil
	}
	switch frame[0] {
	case powerOff, powerOn, reset:
		c.reset()
		return nil, nil
	case askATR:
		return c.answerToReset(), nil
	}
	return nil, errors.New("the virtual reader asked for something unknown")
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, frame)
	return frame, err
}

func writeFrame(w io.Writer, data []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...))
	return err
}
