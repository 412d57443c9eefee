package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"vaccin/internal/registry"
)

// handler is the yardstick of (a): it reads what the service reads, writes what the service writes, and
// redirects. It checks nothing, decides nothing and opens no sealed session.
func (b *bareStore) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /dossiers/{id}/vaccination-1", func(w http.ResponseWriter, r *http.Request) {
		if err := b.record(r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/dossiers/"+r.PathValue("id")+"/vaccination-1", http.StatusSeeOther)
	})
	return mux
}

// record records the dose that a form tells of.
func (b *bareStore) record(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	num, version, err := b.facts(cookie.Value, id)
	if err != nil {
		return err
	}
	content, err := b.contentWith(r.PostForm.Get(registry.FieldSite), r.PostForm.Get("request"))
	if err != nil {
		return err
	}
	now := time.Now().UnixMicro()
	job := bareJob{
		record: id, num: num, version: version, change: rand.Int64(), done: make(chan error, 1),
		dose: b.dose.with(map[string]any{
			"vaccine_code": r.PostForm.Get(registry.FieldVaccine), "lot_number": r.PostForm.Get(registry.FieldLot),
			"content": content, "signed_at": now,
		}),
		log: b.log.with(map[string]any{"at": now, "record_id": id}),
	}
	b.jobs <- job
	return <-job.done
}

// facts reads the session and all that is known of the record; what the form names is known from the dose before.
// It returns the record's number and version.
func (b *bareStore) facts(token, id string) (num, version int64, err error) {
	c := <-b.readers
	defer func() { b.readers <- c }()
	digest := sha256.Sum256([]byte(token))
	if _, n, err := c.query(b.sql.session, hex.EncodeToString(digest[:])); err != nil || n != 1 {
		return 0, 0, fmt.Errorf("%d sessions: %w", n, err)
	}
	record, n, err := c.query(b.sql.record, id)
	if err != nil || n < 1 {
		return 0, 0, fmt.Errorf("%d rows of a record: %w", n, err)
	}
	num, known := record[0].(int64)
	version, ok := record[2].(int64)
	if !ok || !known {
		return 0, 0, errors.New("a number or a version that is none")
	}
	return num, version, nil
}
