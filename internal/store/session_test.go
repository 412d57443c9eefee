package store

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestASavedSessionTouchesItsPageAlone: PostgreSQL can put what replaces a row beside it, without writing any index,
// only while there is room on its page and no indexed column changes.
func TestASavedSessionTouchesItsPageAlone(t *testing.T) {
	s := openDatabase(t, Options{})
	conn, err := pgx.Connect(t.Context(), s.engine.(*postgres).readers.pool().Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const id, saves = "0f", 20
	data := make([]byte, 3_700) // as sealed data it does not compress
	now := time.Now()
	save := func(do func(data []byte, expires time.Time) error) {
		t.Helper()
		if _, err := rand.Read(data); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if err := do(data, now); err != nil {
			t.Fatal(err)
		}
	}
	save(func(data []byte, expires time.Time) error {
		return s.CreateSession(t.Context(), id, data, expires, "owner", "session", "subject")
	})
	// While the server sweeps or analyses the table by itself, what a save replaced stays for a moment, and takes the room of the next.
	if _, err := conn.Exec(t.Context(), "ALTER TABLE session SET (autovacuum_enabled = off)"); err != nil {
		t.Fatal(err)
	}
	for range saves {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		save(func(data []byte, expires time.Time) error {
			_, err := tx.Exec(t.Context(), updateSession, id, data, expires.UnixMicro())
			return err
		})
		all, hot := 0, 0
		err = tx.QueryRow(t.Context(), "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'session'").Scan(&all, &hot)
		if err != nil || all == 0 || hot != all { // since the server last counted
			t.Fatalf("of %d saves %d left every index as it was; %v", all, hot, err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if size := cell(t, s, "SELECT pg_relation_size('session')::text"); size != "8192" {
		t.Errorf("one session saved %d times takes %s bytes", saves, size)
	}
	if size := cell(t, s, "SELECT pg_relation_size(reltoastrelid)::text FROM pg_class WHERE relname = 'session'"); size != "0" {
		t.Errorf("%s bytes of it stand out of line", size)
	}
}
