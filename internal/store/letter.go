package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vaccin/internal/registry"
)

// Batches of letters: who is in one stands in the table letter by the number of their record, and what they are called and where
// they live is read from where it stands anyway. Each step is a transaction of some thousand rows at most, and reads go on from
// the last row: a batch never keeps doctors waiting. The exception is to drop one, which takes its letters, 100,000 at most, away at once (0.1 to 0.3 s).

const (
	// A batch that was dropped is an empty one in the table, for the version before, which knows no other (migration 00022; SQLite: 00023).
	batchColumns = "run, part, again, kind, CASE WHEN dropped_at > 0 THEN 'dropped' ELSE state END, content, layout, asked_by, asked_at, through, ended, letters," +
		" deceased, objecting, vaccinated, written, unaddressed, printed_at, digest, said_digest, size, request, places, dropped_by, dropped_at, drop_reason, failed_at"
	selectBatches     = "SELECT " + batchColumns + " FROM letter_batch WHERE run = $1 ORDER BY part"
	selectBatch       = "SELECT " + batchColumns + " FROM letter_batch WHERE run = $1 AND part = $2"
	selectOpenBatches = "SELECT " + batchColumns + " FROM letter_batch WHERE state IN ('gathering', 'printing') ORDER BY asked_at, run"
	selectDeliveries  = "SELECT run, part, by_id, at FROM letter_delivery WHERE run = $1 ORDER BY part, nth"

	openBatch = "INSERT INTO letter_batch (run, part, again, kind, state, content, layout, asked_by, asked_at, through, request, places)" +
		" SELECT $1, $2, $3, $4, 'gathering', $5, $6, $7, $8, $9, $10, $11 FROM campaign_run WHERE number = $1 AND state = 'done'" +
		" AND $2 = 1 + (SELECT COALESCE(MAX(part), 0) FROM letter_batch WHERE run = $1)" +
		" AND NOT EXISTS (SELECT 1 FROM letter_batch WHERE run = $1 AND state IN ('gathering', 'printing')) ON CONFLICT DO NOTHING"
	// Kept with the batch, or not at all: it comes after it, and nothing of its transaction stays when the batch is refused.
	keepPlaces   = "INSERT INTO letter_places (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING"
	selectListed = "SELECT content FROM letter_places WHERE digest = $1"
	probeRunDone = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM campaign_run WHERE number = $1 AND state = 'done')"
	claimBatch   = "UPDATE letter_batch SET claimed = $4 WHERE run = $1 AND part = $2 AND claimed <= $3 AND state IN ('gathering', 'printing')"
	gatherBatch  = "UPDATE letter_batch SET state = $5, through = $6, ended = $7, letters = $8, deceased = $9, objecting = $10, vaccinated = $11," +
		" written = $12, unaddressed = $13 WHERE run = $1 AND part = $2 AND state = 'gathering' AND through = $3 AND letters = $4"
	// Each member got their letter: none is in another batch, none was put there by another, and no record went meanwhile.
	allGathered = "UPDATE letter_batch SET state = state WHERE run = $1 AND part = $2" +
		" AND (SELECT COUNT(*) FROM letter l JOIN record r ON r.num = l.record_num WHERE l.run = $1 AND l.part = $2 AND l.number > $3) = $4"
	selectNotToSend = "SELECT COALESCE(SUM(CASE WHEN p.objects THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN p.objects THEN 0 ELSE 1 END), 0)" +
		" FROM letter l JOIN patient p ON p.record_num = l.record_num WHERE l.run = $1 AND l.part = $2 AND (p.objects OR p.died <> 0)"
	// A trigger takes the letters of left_numbers away.
	leaveOut = "UPDATE letter_batch SET state = $4, letters = $5, deceased = $6, objecting = $7, vaccinated = $8, written = $9, unaddressed = $10," +
		" left_numbers = $11 WHERE run = $1 AND part = $2 AND state = 'printing' AND letters = $3"
	finishBatch = "UPDATE letter_batch SET state = 'printed', printed_at = $3, digest = $4, said_digest = $5, size = $6, layout = $7, failed_at = 0" +
		" WHERE run = $1 AND part = $2 AND state = 'printing' AND letters = $8"
	failBatch = "UPDATE letter_batch SET failed_at = $3 WHERE run = $1 AND part = $2 AND state IN ('gathering', 'printing')"
	// A trigger takes its letters away.
	dropBatch = "UPDATE letter_batch SET state = 'empty', dropped_by = $5, dropped_at = $6, through = $7, drop_reason = $8, ended = false, letters = 0, deceased = 0," +
		" objecting = 0, vaccinated = 0, written = 0, unaddressed = 0" +
		" WHERE run = $1 AND part = $2 AND state = $3 AND letters = $4 AND state IN ('gathering', 'printing')"
	deliverBatch = "INSERT INTO letter_delivery (run, part, nth, by_id, at) SELECT $1, $2," +
		" 1 + (SELECT COALESCE(MAX(nth), 0) FROM letter_delivery WHERE run = $1 AND part = $2), $3, $4" +
		" WHERE EXISTS (SELECT 1 FROM letter_batch WHERE run = $1 AND part = $2 AND state = 'printed') ON CONFLICT DO NOTHING"
	probePrinted = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM letter_batch WHERE run = $1 AND part = $2 AND state = 'printed')"

	letterColumns = "run, part, number, record_num, again"

	// A person's own code goes before that of a run (target.go).
	recipientCode    = "COALESCE(r.code, t.code)"
	recipientColumns = "r.id, " + patientColumns + ", p.died, p.objects, " + doseInForce
	selectRecipients = "SELECT t.record_num, 0, EXISTS (SELECT 1 FROM letter l WHERE l.record_num = t.record_num AND l.run = $1), " +
		recipientCode + ", " + recipientColumns +
		" FROM target t JOIN record r ON r.num = t.record_num JOIN patient p ON p.record_num = t.record_num" +
		" WHERE t.run = $1 AND t.record_num > $2 ORDER BY t.record_num LIMIT $3"
	// Whose record went is under the one that stays (match.go): that one may have the code of another run, and another letter of the batch.
	anyCode = "COALESCE(r.code, t.code, (SELECT a.code FROM target a WHERE a.record_num = l.record_num LIMIT 1))"
	// Found by the record: by numbers themselves a planner that knows little yet of new letters would go through all of them for each.
	isSecond     = "EXISTS (SELECT 1 FROM letter k WHERE k.record_num = l.record_num AND k.run = $1 AND k.part + 0 = $2 AND k.number + 0 < l.number)"
	lettersAfter = "SELECT l.record_num, l.number, " + isSecond + ", " + anyCode + ", " + recipientColumns +
		" FROM letter l JOIN record r ON r.num = l.record_num" +
		" JOIN patient p ON p.record_num = l.record_num LEFT JOIN target t ON t.record_num = l.record_num AND t.run = $1" +
		" WHERE l.run = $1 AND l.part = $2 AND l.number > "
	byNumber      = " ORDER BY l.number LIMIT $4"
	selectLetters = lettersAfter + "$3" + byNumber
	// After so many letters: numbers are missing of those who were left out at the printing.
	selectAgain = lettersAfter + "COALESCE((SELECT MAX(number) FROM (SELECT number FROM letter WHERE run = $1 AND part = $2 ORDER BY number LIMIT $3) looked), 0)" + byNumber
)

var (
	selectLettersTo = "SELECT b.run, b.part, l.number, b.content, b.asked_by, b.asked_at, b.printed_at FROM letter l" +
		" JOIN letter_batch b ON b.run = l.run AND b.part = l.part JOIN record r ON r.num = l.record_num WHERE " + byID("r", 1) +
		" ORDER BY b.run, b.part, l.number"
	selectDeliveriesTo = "SELECT d.run, d.part, d.by_id, d.at FROM letter_delivery d WHERE (d.run, d.part) IN" +
		" (SELECT l.run, l.part FROM letter l JOIN record r ON r.num = l.record_num WHERE " + byID("r", 1) + ") ORDER BY d.run, d.part, d.nth"
)

// insertLetters insert members so many at a time: few texts, so that few statements are kept prepared.
var insertLetters = func() (sizes []int, texts map[int]string) {
	sizes, texts = []int{500, 100, 20, 4, 1}, map[int]string{}
	for _, n := range sizes {
		texts[n] = insertRows("letter", letterColumns, n) + " ON CONFLICT DO NOTHING"
	}
	return sizes, texts
}

var letterSizes, letterTexts = insertLetters()

// batchContent is what is kept of a batch as JSON.
type batchContent struct {
	Campaign    string
	Opens, Date registry.Date
	Texts       registry.LetterTexts
}

var errNoBatchContent = errors.New("store: a column of batches holds something else")

func asBatchContent(b *registry.Batch) scanner {
	return func(value any) error {
		var c batchContent
		if err := asJSON(&c, errNoBatchContent)(value); err != nil {
			return err
		}
		b.Campaign, b.Opens, b.Date, b.Texts = c.Campaign, c.Opens, c.Date, c.Texts
		return nil
	}
}

func readBatch(b *registry.Batch) []any {
	out := &b.LeftOut
	return []any{
		&b.Run, &b.Part, &b.Again, &b.Kind, &b.State, asBatchContent(b), &b.Layout, &b.AskedBy, asMoment(&b.AskedAt), &b.Through, &b.Ended, &b.Letters,
		&out.Deceased, &out.Objecting, &out.Vaccinated, &out.Written, &out.Unaddressed, asLaterMoment(&b.PrintedAt), &b.Digest, &b.Content, &b.Size, &b.Request, &b.Places,
		&b.DroppedBy, asLaterMoment(&b.DroppedAt), &b.DropReason, asLaterMoment(&b.FailedAt),
	}
}

// OpenBatch implements registry.LetterStore.
func (s *Store) OpenBatch(ctx context.Context, b registry.Batch, places string, event registry.Event) error {
	content, err := json.Marshal(batchContent{b.Campaign, b.Opens, b.Date, b.Texts})
	if err != nil {
		return fmt.Errorf("writing what the letters of a batch say: %w", err)
	}
	asked, err := moment(b.AskedAt)
	if err != nil {
		return err
	}
	logged, err := logAlways(event)
	if err != nil {
		return err
	}
	statements := []statement{{
		sql: openBatch, args: []any{b.Run, b.Part, b.Again, string(b.Kind), string(content), b.Layout, b.AskedBy, asked, b.Through, b.Request, b.Places},
		none: []reason{{probe: probeRunDone, args: []any{b.Run}, err: registry.ErrNoRun}, {err: registry.ErrOvertaken}},
	}}
	if places != "" {
		statements = append(statements, statement{sql: keepPlaces, args: []any{b.Places, places}, quiet: true})
	}
	return s.write(ctx, work{statements: append(statements, logged), alone: true})
}

// ListedPlaces implements registry.LetterStore.
func (s *Store) ListedPlaces(ctx context.Context, digest string) (string, error) {
	found, err := readAll(ctx, s, selectListed, []any{digest}, func(text *string) []any { return []any{text} })
	if err != nil {
		return "", fmt.Errorf("reading the places that letters list: %w", err)
	}
	if len(found) == 0 {
		return "", registry.ErrNoPlaces
	}
	return found[0], nil
}

// Batches implements registry.LetterStore.
func (s *Store) Batches(ctx context.Context, run int) ([]registry.Batch, error) {
	if !isNumber(run) {
		return nil, nil
	}
	return s.lettersOf(ctx, run, selectBatches, run)
}

// Batch implements registry.LetterStore.
func (s *Store) Batch(ctx context.Context, key registry.BatchKey) (registry.Batch, error) {
	if !isNumber(key.Run) || !isNumber(key.Part) {
		return registry.Batch{}, registry.ErrNoBatch
	}
	found, err := s.lettersOf(ctx, key.Run, selectBatch, key.Run, key.Part)
	if err != nil {
		return registry.Batch{}, err
	}
	if len(found) == 0 {
		return registry.Batch{}, registry.ErrNoBatch
	}
	return found[0], nil
}

// delivery is a row of a delivery.
type delivery struct {
	registry.BatchKey
	registry.Delivery
}

// lettersOf reads batches of a run with their deliveries.
func (s *Store) lettersOf(ctx context.Context, run int, sql string, args ...any) ([]registry.Batch, error) {
	var all []registry.Batch
	var deliveries []delivery
	err := s.engine.read(ctx, into(&all, readBatch, sql, args...), into(&deliveries, (*delivery).columns, selectDeliveries, run))
	if err != nil {
		return nil, fmt.Errorf("reading batches of letters: %w", err)
	}
	for i := range all {
		for _, d := range deliveries {
			if d.Part == all[i].Part {
				all[i].Deliveries = append(all[i].Deliveries, d.Delivery)
			}
		}
	}
	return all, nil
}

// OpenBatches implements registry.LetterStore.
func (s *Store) OpenBatches(ctx context.Context) ([]registry.Batch, error) {
	all, err := readAll(ctx, s, selectOpenBatches, nil, readBatch)
	if err != nil {
		return nil, fmt.Errorf("reading the batches of letters to make: %w", err)
	}
	return all, nil
}

// ClaimBatch implements registry.LetterStore.
func (s *Store) ClaimBatch(ctx context.Context, key registry.BatchKey, now, until time.Time) error {
	return s.write(ctx, work{alone: true, statements: []statement{{
		sql: claimBatch, args: []any{key.Run, key.Part, now.UnixMicro(), until.UnixMicro()}, none: []reason{{err: registry.ErrBatchClaimed}},
	}}})
}

// BatchFailed implements registry.LetterStore.
func (s *Store) BatchFailed(ctx context.Context, key registry.BatchKey, at time.Time) error {
	failed, err := moment(at)
	if err != nil {
		return err
	}
	return s.write(ctx, work{alone: true, statements: []statement{{
		sql: failBatch, args: []any{key.Run, key.Part, failed}, none: []reason{{err: registry.ErrNoBatch}},
	}}})
}

// recipientRow is a recipient being read.
type recipientRow struct {
	registry.Recipient
	id     registry.RecordID
	sealed []byte
	died   int64
	person registry.Patient
}

func (r *recipientRow) columns() []any {
	own := []any{&r.Place, &r.Number, &r.Written, asCode(&r.Code), &r.id}
	return append(append(own, readPatient(&r.person, &r.sealed)...), &r.died, &r.Objects, &r.Vaccinated)
}

// recipients reads recipients and opens what is sealed of them, but their numbers, which no letter needs.
func (s *Store) recipients(ctx context.Context, sql string, args ...any) (all []registry.Recipient, err error) {
	err = s.withKeys(ctx, func(k *identityKeys) error {
		var rows []recipientRow
		if err := s.engine.read(ctx, into(&rows, (*recipientRow).columns, sql, args...)); err != nil {
			return fmt.Errorf("reading whom letters are for: %w", err)
		}
		all = make([]registry.Recipient, len(rows))
		for i := range rows {
			r := &rows[i]
			if err := k.open(r.id, r.sealed, &r.person); err != nil {
				return err
			}
			r.Identity, r.Contact, r.Deceased = r.person.Identity, r.person.Contact, r.died != 0
			all[i] = r.Recipient
		}
		return nil
	})
	return all, err
}

// NextRecipients implements registry.LetterStore.
func (s *Store) NextRecipients(ctx context.Context, b registry.Batch, limit int) ([]registry.Recipient, error) {
	if b.Again > 0 {
		// In the order of their letters, which no record changes that goes: so many were looked at.
		all, err := s.recipients(ctx, selectAgain, b.Run, b.Again, b.Letters+b.LeftOut.Sum(), limit)
		for i := range all {
			all[i].Number = 0
		}
		return all, err
	}
	return s.recipients(ctx, selectRecipients, b.Run, b.Through, limit)
}

// Letters implements registry.LetterStore.
func (s *Store) Letters(ctx context.Context, key registry.BatchKey, after, limit int) ([]registry.Recipient, error) {
	return s.recipients(ctx, selectLetters, key.Run, key.Part, after, limit)
}

// NotToSend implements registry.LetterStore.
func (s *Store) NotToSend(ctx context.Context, key registry.BatchKey) (registry.LeftOut, error) {
	found, err := readAll(ctx, s, selectNotToSend, []any{key.Run, key.Part}, func(out *registry.LeftOut) []any { return []any{&out.Objecting, &out.Deceased} })
	if err != nil {
		return registry.LeftOut{}, fmt.Errorf("counting whom not to write to: %w", err)
	}
	return found[0], nil
}

// Gather implements registry.LetterStore.
func (s *Store) Gather(ctx context.Context, b registry.Batch, part registry.BatchPart) error {
	then, out := b.With(part), b.With(part).LeftOut
	w := work{alone: true, statements: []statement{{
		sql: gatherBatch, none: []reason{{err: registry.ErrOvertaken}}, args: []any{
			b.Run, b.Part, b.Through, b.Letters, string(then.State), then.Through, then.Ended, then.Letters,
			out.Deceased, out.Objecting, out.Vaccinated, out.Written, out.Unaddressed,
		},
	}}}
	again := 0
	if b.Again > 0 {
		again = b.Part
	}
	number, left := b.Letters, part.Members
	for _, size := range letterSizes {
		for ; len(left) >= size; left = left[size:] {
			args := make([]any, 0, size*columnCount(letterColumns))
			for _, num := range left[:size] {
				number++
				args = append(args, b.Run, b.Part, number, num, again)
			}
			w.statements = append(w.statements, statement{sql: letterTexts[size], args: args, quiet: true})
		}
	}
	if number > b.Letters { // the database has all statements at once, also those that follow a guard which does not hold
		w.statements = append(w.statements, statement{
			sql: allGathered, args: []any{b.Run, b.Part, b.Letters, number - b.Letters}, none: []reason{{err: registry.ErrOvertaken}},
		})
	}
	return s.write(ctx, w)
}

// LeaveOut implements registry.LetterStore.
func (s *Store) LeaveOut(ctx context.Context, b registry.Batch, numbers []int, out registry.LeftOut) error {
	text, err := json.Marshal(numbers)
	if err != nil {
		return fmt.Errorf("writing which letters are left out: %w", err)
	}
	then := b.Without(out)
	return s.write(ctx, work{alone: true, statements: []statement{{
		sql: leaveOut, none: []reason{{err: registry.ErrOvertaken}}, args: []any{
			b.Run, b.Part, b.Letters, string(then.State), then.Letters, then.LeftOut.Deceased, then.LeftOut.Objecting, then.LeftOut.Vaccinated,
			then.LeftOut.Written, then.LeftOut.Unaddressed, string(text),
		},
	}}})
}

// FinishBatch implements registry.LetterStore.
func (s *Store) FinishBatch(ctx context.Context, b registry.Batch, event registry.Event) error {
	printed, err := moment(b.PrintedAt)
	if err != nil {
		return err
	}
	return s.withEvent(ctx, event, statement{
		sql: finishBatch, args: []any{b.Run, b.Part, printed, b.Digest, b.Content, b.Size, b.Layout, b.Letters}, none: []reason{{err: registry.ErrOvertaken}},
	})
}

// DropBatch implements registry.LetterStore.
func (s *Store) DropBatch(ctx context.Context, b registry.Batch, d registry.BatchDrop, event registry.Event) error {
	at, err := moment(d.At)
	if err != nil {
		return err
	}
	return s.withEvent(ctx, event, statement{
		sql: dropBatch, args: []any{b.Run, b.Part, string(b.State), b.Letters, d.By, at, d.From, string(d.Reason)}, none: []reason{{err: registry.ErrOvertaken}},
	})
}

// Deliver implements registry.LetterStore.
func (s *Store) Deliver(ctx context.Context, key registry.BatchKey, d registry.Delivery, event registry.Event) error {
	at, err := moment(d.At)
	if err != nil {
		return err
	}
	for {
		err := s.withEvent(ctx, event, statement{
			sql: deliverBatch, args: []any{key.Run, key.Part, d.By, at},
			none: []reason{{probe: probePrinted, args: []any{key.Run, key.Part}, err: registry.ErrNoBatch}, {err: registry.ErrOvertaken}},
		})
		if !errors.Is(err, registry.ErrOvertaken) { // by another delivery that took the number
			return err
		}
	}
}

// sentRow is a letter to one person, with its batch.
type sentRow struct {
	key   registry.BatchKey
	batch registry.Batch
	registry.SentLetter
}

func (r *sentRow) columns() []any {
	return []any{
		&r.key.Run, &r.key.Part, &r.Number, asBatchContent(&r.batch), &r.AskedBy, asMoment(&r.AskedAt), asLaterMoment(&r.PrintedAt),
	}
}

func (d *delivery) columns() []any { return []any{&d.Run, &d.Part, &d.By, asMoment(&d.At)} }

// toPerson are letters with their deliveries.
func toPerson(rows []sentRow, deliveries []delivery) (letters []registry.SentLetter) {
	for _, r := range rows {
		r.Reference, r.Campaign = r.key.Reference(), r.batch.Campaign
		for _, d := range deliveries {
			if d.BatchKey == r.key {
				r.Deliveries = append(r.Deliveries, d.Delivery)
			}
		}
		letters = append(letters, r.SentLetter)
	}
	return letters
}
