package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// AuditConfig holds the settings of the signed access log.
type AuditConfig struct {
	KeyFile  string        `env:"VACCIN_AUDIT_KEY_FILE" type:"path" help:"Fichier de la clé qui signe les têtes du journal des accès (« vaccin audit key ») ; sans lui, le journal n’est pas signé."`
	Heads    string        `env:"VACCIN_AUDIT_HEADS" type:"path" help:"Fichier auquel les têtes signées sont ajoutées : sur un disque où qui gère la base ne peut pas écrire."`
	HeadsURL string        `name:"heads-url" env:"VACCIN_AUDIT_HEADS_URL" help:"Adresse à laquelle les têtes signées sont envoyées (POST), en texte."`
	Pace     time.Duration `default:"1m" env:"VACCIN_AUDIT_PACE" help:"Tous les combien une tête est signée."`
}

// LogStore is the access log as it is numbered and signed.
type LogStore interface {
	NumberEntries(ctx context.Context, by string, now time.Time) (int, error)
	WaitingSince(ctx context.Context) (time.Time, error)
	SignHead(ctx context.Context, pace time.Duration, now time.Time, sign func(accesslog.Head) ([]byte, error),
		open func([]byte) (accesslog.Head, error)) (signed bool, err error)
	Heads(ctx context.Context, after int64, limit int) ([][]byte, error)
	Posted(ctx context.Context, address string) (int64, error)
	SetPosted(ctx context.Context, address string, number int64) error
}

const (
	numberEvery = time.Second
	sendTimeout = 10 * time.Second
	sendAtOnce  = 500
	// lastEntries is how long numbering and signing may take once the service no longer answers.
	lastEntries = 10 * time.Second
)

// logKeeper numbers the access log, signs its heads and sends them off. A nil one does nothing.
type logKeeper struct {
	store  LogStore
	by     string
	signer *accesslog.Signer // nil when there is no key
	trust  accesslog.Verifiers
	pace   time.Duration
	heads  headsFile
	post   string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time
	waited atomic.Int64 // nanoseconds that the oldest entry without a number has waited
	unsent atomic.Int64
}

// KeepLog has the service number the access log of a store while it serves, and sign it if it has the key.
// Call it before Serve.
func (s *Service) KeepLog(store LogStore) error {
	c := s.config.Audit
	k := &logKeeper{store: store, by: ownName(), pace: c.Pace, log: s.log, now: time.Now, post: c.HeadsURL}
	if k.pace <= 0 {
		k.pace = time.Minute
	}
	if c.KeyFile == "" && (c.Heads != "" || c.HeadsURL != "") {
		return registry.Invalid("Les têtes du journal des accès ne s’envoient que signées : indiquez --audit-key-file. (Heads need a key.)")
	}
	if err := k.readKey(c.KeyFile); err != nil {
		return err
	}
	if err := k.checkPost(); err != nil {
		return err
	}
	k.heads.path = c.Heads
	k.client = &http.Client{Timeout: sendTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if k.signer == nil {
		s.log.Warn("no key (--audit-key-file): the access log is numbered and not signed, so that who has the database can rewrite it unseen")
	}
	s.metrics.keep(k)
	s.audit = k
	return nil
}

// ownName tells this server from others that number the same log.
func ownName() string {
	machine, err := os.Hostname()
	if err != nil {
		machine = "unknown"
	}
	return machine + ":" + strconv.Itoa(os.Getpid())
}

func (k *logKeeper) readKey(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the key of the access log: %w", err)
	}
	if k.signer, err = accesslog.NewSigner(string(text)); err != nil {
		return registry.Invalid("Le fichier de --audit-key-file n’est pas une clé faite par « vaccin audit key ». (This is no signing key.)")
	}
	k.trust, err = accesslog.NewVerifiers(k.signer.Verifier())
	return err
}

// checkPost refuses an address where heads would be seen or replaced on the way.
func (k *logKeeper) checkPost() error {
	if k.post == "" {
		return nil
	}
	u, err := url.Parse(k.post)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return registry.Invalid("L’adresse de --audit-heads-url doit être en https. (Heads are posted over https.)")
	}
	return nil
}

// start numbers and sends until the context ends. Sending waits for a network and numbering may not, so that
// each goes its own way.
func (k *logKeeper) start(group *errgroup.Group, ctx context.Context) {
	if k == nil {
		return
	}
	group.Go(func() error { return every(ctx, k.log, numberEvery, "numbering and signing the access log", k.number) })
	group.Go(func() error { return every(ctx, k.log, numberEvery, "sending heads of the access log", k.send) })
}

func (k *logKeeper) number(ctx context.Context) error { return k.numberAt(ctx, k.pace) }

func (k *logKeeper) numberAt(ctx context.Context, pace time.Duration) error {
	_, err := k.store.NumberEntries(ctx, k.by, k.now())
	since, unread := k.store.WaitingSince(ctx)
	waited := time.Duration(0)
	if !since.IsZero() {
		waited = max(0, k.now().Sub(since))
	}
	if unread == nil {
		k.waited.Store(int64(waited))
	}
	if err = errors.Join(err, unread); err != nil || k.signer == nil {
		return err
	}
	if k.heads.path != "" {
		if _, err := k.sent(ctx); errors.Is(err, errOtherHistory) {
			return err
		} // a file that is away does not keep from signing: it catches up
	}
	_, err = k.store.SignHead(ctx, pace, k.now(), k.signer.Sign, k.trust.Open)
	return err
}

// finish numbers and signs what the last requests wrote, and sends it.
func (k *logKeeper) finish(ctx context.Context) error {
	if k == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastEntries)
	defer cancel()
	if err := errors.Join(k.numberAt(ctx, 0), k.send(ctx)); err != nil {
		k.log.Error("signing the access log at the end", "error", err)
	}
	return nil
}

// send sends the heads that were not sent, in order, to the file and to the address.
func (k *logKeeper) send(ctx context.Context) error {
	if k.signer == nil {
		return nil
	}
	return errors.Join(k.sendToFile(ctx), k.sendToAddress(ctx))
}

// sendToFile appends the heads after the last that the file holds: a file that was away catches up, and a new
// one starts from the first head.
func (k *logKeeper) sendToFile(ctx context.Context) error {
	if k.heads.path == "" {
		return nil
	}
	last, err := k.sent(ctx)
	if err != nil {
		return err
	}
	for {
		heads, err := k.store.Heads(ctx, last, sendAtOnce)
		if err != nil || len(heads) == 0 {
			return err
		}
		if err := k.heads.add(heads); err != nil {
			return fmt.Errorf("writing the file of heads: %w", err)
		}
		last = accesslog.HeadNumber(heads[len(heads)-1])
	}
}

func (k *logKeeper) sendToAddress(ctx context.Context) error {
	if k.post == "" {
		return nil
	}
	digest := sha256.Sum256([]byte(k.post)) // an address may hold a secret
	address := hex.EncodeToString(digest[:])
	last, err := k.store.Posted(ctx, address)
	if err != nil {
		return err
	}
	heads, err := k.store.Heads(ctx, last, sendAtOnce)
	if err != nil {
		return err
	}
	k.unsent.Store(int64(len(heads)))
	for _, head := range heads {
		if err := k.postHead(ctx, head); err != nil {
			return err
		}
		if err := k.store.SetPosted(ctx, address, accesslog.HeadNumber(head)); err != nil {
			return err
		}
		k.unsent.Add(-1)
	}
	return nil
}
