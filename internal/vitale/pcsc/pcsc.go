// Package pcsc reads the carte Vitale in a reader of this computer, by the PC/SC service of the system.
// It alone links that service's library, so that only the program on the practitioner's computer needs it.
// It writes nothing to a card, and presents no code.
package pcsc

import (
	"errors"
	"slices"

	"github.com/ebfe/scard"

	"vaccin/internal/vitale"
)

// Reader reads whichever reader of the computer has a carte Vitale in it.
type Reader struct{}

// Read reads the card, as [vitale.Source] has it.
func (Reader) Read() ([]vitale.Beneficiary, error) {
	service, err := scard.EstablishContext()
	if err != nil {
		return nil, problemOf(err, vitale.NoService)
	}
	defer func() { _ = service.Release() }() // the service forgets us when we end, whatever it answers
	cards, err := present(service)
	if err != nil {
		return nil, err
	}
	// A computer often has the practitioner's own card in a second reader. The carte Vitale that is known as one
	// is read and no other; without any, every card is tried, and what is said is about the first.
	slices.SortStableFunc(cards, func(a, b slot) int { return a.order() - b.order() })
	var first error
	for _, s := range cards {
		found, err := s.read(service)
		if err == nil || vitale.IsVitale(s.atr) {
			return found, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// slot is a reader with a card in it.
type slot struct {
	name string
	atr  []byte
	mute bool
}

func (s slot) order() int {
	switch {
	case vitale.IsVitale(s.atr):
		return 0
	case s.mute:
		return 1
	}
	return 2
}

// present lists the readers that have a card in them, at least one.
func present(service *scard.Context) ([]slot, error) {
	names, err := service.ListReaders()
	if err != nil {
		return nil, problemOf(err, vitale.NoReader)
	}
	if len(names) == 0 {
		return nil, vitale.NoReader
	}
	states := make([]scard.ReaderState, len(names))
	for i, name := range names {
		states[i] = scard.ReaderState{Reader: name, CurrentState: scard.StateUnaware}
	}
	if err := service.GetStatusChange(states, 0); err != nil {
		return nil, problemOf(err, vitale.NoReader)
	}
	var cards []slot
	for _, state := range states {
		if state.EventState&scard.StatePresent != 0 {
			cards = append(cards, slot{state.Reader, state.Atr, state.EventState&scard.StateMute != 0})
		}
	}
	if len(cards) == 0 {
		return nil, vitale.NoCard
	}
	return cards, nil
}

func (s slot) read(service *scard.Context) (found []vitale.Beneficiary, err error) {
	if s.mute {
		return nil, vitale.Unresponsive
	}
	connected, err := service.Connect(s.name, scard.ShareShared, scard.ProtocolT0|scard.ProtocolT1)
	if err != nil {
		return nil, problemOf(err, vitale.Unresponsive)
	}
	defer func() { _ = connected.Disconnect(scard.LeaveCard) }() // the card may be gone, and nothing follows
	// No other program comes between two commands: what it selected would be read as the card's files.
	if err := connected.BeginTransaction(); err != nil {
		return nil, problemOf(err, vitale.Busy)
	}
	defer func() { _ = connected.EndTransaction(scard.LeaveCard) }()
	return vitale.ReadCard(card{connected})
}

type card struct{ connected *scard.Card }

func (c card) Transmit(command []byte) ([]byte, error) {
	response, err := c.connected.Transmit(command)
	if err != nil {
		return nil, problemOf(err, vitale.Unreadable)
	}
	if len(response) == 0 { // a card always says a status: it left before it could
		return nil, vitale.Removed
	}
	return response, nil
}

// problemOf says what an error of the service comes to; other where it has no meaning of its own.
func problemOf(err error, other vitale.Problem) vitale.Problem {
	var code scard.Error
	if !errors.As(err, &code) {
		return other
	}
	switch code {
	case scard.ErrNoService, scard.ErrServiceStopped, scard.ErrServerTooBusy:
		return vitale.NoService
	case scard.ErrNoReadersAvailable, scard.ErrUnknownReader, scard.ErrReaderUnavailable:
		return vitale.NoReader
	case scard.ErrNoSmartcard:
		return vitale.NoCard
	case scard.ErrRemovedCard, scard.ErrResetCard, scard.ErrNotTransacted:
		return vitale.Removed
	case scard.ErrUnpoweredCard, scard.ErrUnresponsiveCard, scard.ErrProtoMismatch, scard.ErrUnsupportedCard:
		return vitale.Unresponsive
	case scard.ErrSharingViolation:
		return vitale.Busy
	case scard.ErrTimeout:
		return vitale.TooSlow
	}
	return other
}
