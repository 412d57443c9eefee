package cps

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
)

// status is what is known of a certificate's revocation.
type status int

const (
	unknown status = iota
	good
	revoked
)

// and is what two who were asked know together: revoked when one says so, good when one does.
func (s status) and(other status) status { return max(s, other) }

// Limits on what is asked of the network.
const (
	listTimeout = 5 * time.Second
	ocspTimeout = 3 * time.Second
	maxList     = 32 << 20 // bytes
	maxOCSP     = 64 << 10 // bytes

	// An address that failed is not asked again before that long: nobody else waits for it.
	retryAfter = 10 * time.Second
	// skew is how far clocks may be apart.
	skew = 5 * time.Minute
)

// revocation asks lists and responders. Only addresses of certificates whose chain was verified, and
// those of the settings, are ever asked.
type revocation struct {
	client  *http.Client
	now     func() time.Time
	refresh time.Duration
	sources []string // configured lists: files, or http addresses

	mu     sync.Mutex
	lists  map[listKey]*cachedList
	silent map[string]time.Time // responders not to be asked before
}

// listKey names a list by where it is and by the authority that must have signed it.
type listKey struct {
	source string
	issuer [sha256.Size]byte
}

func newRevocation(config Config, now func() time.Time) (*revocation, error) {
	client := http.Client{}
	if config.Client != nil {
		client = *config.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	r := &revocation{
		client: &client, now: now, refresh: config.Refresh, sources: config.CRLs,
		lists: map[listKey]*cachedList{}, silent: map[string]time.Time{},
	}
	if r.refresh <= 0 {
		r.refresh = time.Hour
	}
	for _, source := range r.sources {
		if isHTTP(source) {
			continue
		}
		if _, err := os.Stat(source); err != nil {
			return nil, fmt.Errorf("a revocation list that is neither a file nor an http address: %w", err)
		}
	}
	return r, nil
}

// isHTTP tells the addresses that are asked: lists and answers are signed, https would only ask for
// another chain, and directories (ldap) are not reached.
func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.Host != ""
}

// named tells whether a certificate says where to ask about it.
func (r *revocation) named(c *x509.Certificate) bool {
	for _, address := range append(append([]string{}, c.CRLDistributionPoints...), c.OCSPServer...) {
		if isHTTP(address) {
			return true
		}
	}
	return false
}

// outOfForce tells whether a configured list of an authority was read and is not in force.
func (r *revocation) outOfForce(issuer *x509.Certificate) bool {
	return slices.ContainsFunc(r.sources, func(source string) bool {
		cached := r.cached(source, issuer)
		cached.mu.Lock()
		defer cached.mu.Unlock()
		return cached.read && (cached.list == nil || !cached.list.inForce(r.now()))
	})
}

// status asks the lists and the responders about a certificate, at the same time. The error is that of a
// context that ended.
func (r *revocation) status(ctx context.Context, c, issuer *x509.Certificate) (status, error) {
	answer := make(chan status, 1)
	go func() { answer <- r.responders(ctx, c, issuer) }()
	s := r.inLists(ctx, c, issuer)
	s = s.and(<-answer)
	return s, ctx.Err()
}

// inLists consults every list about a certificate.
func (r *revocation) inLists(ctx context.Context, c, issuer *x509.Certificate) status {
	s := unknown
	for _, source := range c.CRLDistributionPoints {
		if isHTTP(source) && s == unknown { // the addresses of a certificate lead to the same list
			s = s.and(r.list(ctx, source, issuer).about(c))
		}
	}
	for _, source := range r.sources {
		s = s.and(r.list(ctx, source, issuer).about(c))
	}
	return s
}

// fetch asks an address and returns an answer of at most limit bytes. Redirections are not followed.
func (r *revocation) fetch(ctx context.Context, request *http.Request, limit int64, timeout time.Duration) ([]byte, error) {
	// Who gave up waiting does not spoil the answer for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	answer, err := r.client.Do(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	return readAtMost(answer.Body, limit)
}

var errTooLarge = errors.New("larger than accepted")

func readAtMost(from io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, err
}

// read returns the bytes of a list.
func (r *revocation) read(ctx context.Context, source string) ([]byte, error) {
	if !isHTTP(source) {
		f, err := os.Open(source)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readAtMost(f, maxList)
	}
	request, err := http.NewRequest(http.MethodGet, source, http.NoBody)
	if err != nil {
		return nil, err
	}
	return r.fetch(ctx, request, maxList, listTimeout)
}

// cachedList is a list as it was last read, and when to read it again.
type cachedList struct {
	mu   sync.Mutex
	list *list
	read bool // a list of this authority was found here, of whatever time
	due  time.Time
}

// cached is what is kept of a source as a list of an authority.
func (r *revocation) cached(source string, issuer *x509.Certificate) *cachedList {
	key := listKey{source, sha256.Sum256(issuer.Raw)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists[key] == nil {
		r.lists[key] = &cachedList{}
	}
	return r.lists[key]
}

// list returns the list of an authority at a source, read again when it is due; nil when there is none in
// force. A list that cannot be read again serves until its end.
func (r *revocation) list(ctx context.Context, source string, issuer *x509.Certificate) *list {
	cached := r.cached(source, issuer)
	cached.mu.Lock() // of many who need it, one reads it
	defer cached.mu.Unlock()
	if !r.now().Before(cached.due) {
		r.renew(ctx, cached, source, issuer)
	}
	if cached.list != nil && cached.list.inForce(r.now()) {
		return cached.list
	}
	return nil
}

// renew reads a list again. One that is older than what is known is not believed: whoever is between
// could show the list of before a revocation.
func (r *revocation) renew(ctx context.Context, cached *cachedList, source string, issuer *x509.Certificate) {
	now := r.now()
	cached.due = now.Add(retryAfter)
	data, err := r.read(ctx, source)
	if err != nil {
		return
	}
	next, err := parseList(data, issuer)
	if err != nil {
		return
	}
	cached.read = true
	if !next.inForce(now) || cached.list != nil && next.from.Before(cached.list.from) {
		return
	}
	cached.list, cached.due = next, now.Add(r.refresh)
	if next.until.Before(cached.due) {
		cached.due = next.until
	}
}

// responders asks the OCSP responders of a certificate, in turn until one knows.
func (r *revocation) responders(ctx context.Context, c, issuer *x509.Certificate) status {
	for _, address := range c.OCSPServer {
		if !isHTTP(address) || r.isSilent(address) {
			continue
		}
		s, err := r.ask(ctx, address, c, issuer)
		if err != nil {
			r.silence(address)
			continue
		}
		if s != unknown {
			return s
		}
	}
	return unknown
}

func (r *revocation) isSilent(address string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now().Before(r.silent[address])
}

func (r *revocation) silence(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent[address] = r.now().Add(retryAfter)
}

// ask sends one question to a responder.
func (r *revocation) ask(ctx context.Context, address string, c, issuer *x509.Certificate) (status, error) {
	question, err := ocspQuestion(c, issuer)
	if err != nil {
		return unknown, err
	}
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(question))
	if err != nil {
		return unknown, err
	}
	request.Header.Set("Content-Type", "application/ocsp-request")
	request.Header.Set("Accept", "application/ocsp-response")
	data, err := r.fetch(ctx, request, maxOCSP, ocspTimeout)
	if err != nil {
		return unknown, err
	}
	return parseAnswer(data, c, issuer, r.now())
}

// serialOf names a certificate within its authority.
func serialOf(c *x509.Certificate) string { return c.SerialNumber.Text(16) }
