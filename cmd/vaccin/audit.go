package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// auditCmd proves that nobody tampered with the access log, or finds where they did.
type auditCmd struct {
	Key        auditKeyCmd        `cmd:"" help:"Créer la clé qui signe les têtes du journal des accès, et afficher celle qui les vérifie."`
	Verify     auditVerifyCmd     `cmd:"" help:"Vérifier le journal des accès et ses têtes signées ; le code de sortie est 1 si quelque chose est faux, 3 si rien ne l’est mais que ce qui devrait être signé ou envoyé ne l’est pas."`
	Prove      auditProveCmd      `cmd:"" help:"Prouver que le journal des accès contient une entrée."`
	CheckProof auditCheckProofCmd `cmd:"" name:"check-proof" help:"Vérifier une preuve, sans aucune base."`
	Export     auditExportCmd     `cmd:"" help:"Écrire tout le journal des accès dans un fichier, pour le vérifier sans la base."`
	Retire     auditRetireCmd     `cmd:"" help:"Retirer les entrées conservées aussi longtemps qu’il le faut ; la vérification passe par-dessus."`
}

type auditKeyCmd struct {
	Name string `default:"vaccin-journal" help:"Nom du journal dans ses têtes : un mot."`
	File string `arg:"" name:"fichier" type:"path" help:"Fichier de la clé qui signe ; il ne doit pas exister."`
}

// Run makes the file, readable by its owner alone.
func (a auditKeyCmd) Run(c console) (err error) {
	signer, verifier, err := accesslog.NewKey(a.Name)
	if err != nil {
		return registry.Invalid("Le nom du journal est un mot, sans espace ni « + ».")
	}
	f, err := os.OpenFile(a.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return registry.Invalid("Ce fichier existe déjà : une clé ne s’écrase pas.")
	}
	if err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	_, err = f.WriteString(signer + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	return c.printf("%s\n", verifier)
}

// auditSource is where a log to verify comes from.
type auditSource struct {
	storeFlags `embed:""`
	Log        string `type:"path" placeholder:"FICHIER" help:"Un journal écrit par « vaccin audit export », à la place d’une base."`
}

// open returns the log and how many leaves it has, 0 when that is not known.
func (s auditSource) open(ctx context.Context) (log accesslog.Source, size int64, end func() error, err error) {
	if s.Log != "" {
		f, err := os.Open(s.Log)
		if err != nil {
			return log, 0, nil, err
		}
		if log, err = accesslog.ReadLog(f); err != nil {
			return log, 0, nil, errors.Join(err, f.Close())
		}
		return log, 0, f.Close, nil
	}
	st, _, err := s.existing(ctx, store.Options{})
	if err != nil {
		return log, 0, nil, err
	}
	if log, size, err = st.LogSource(ctx); err != nil {
		return log, 0, nil, errors.Join(err, st.Close())
	}
	return log, size, st.Close, nil
}

type auditVerifyCmd struct {
	auditSource `embed:""`
	Heads       string        `type:"path" placeholder:"FICHIER" help:"Le fichier des têtes envoyé hors de la machine ; sans lui, celles que la base a gardées."`
	Verifier    []string      `required:"" env:"VACCIN_AUDIT_VERIFIER" help:"Clé qui vérifie les têtes (« vaccin audit key » l’affiche) ; plusieurs si elle a changé."`
	Early       time.Duration `default:"5m" help:"Combien de temps avant une tête une entrée peut être datée sans que la tête la couvre, combien de temps elle peut en attendre une, et une tête attendre son envoi : plus que la plus longue transaction."`
	Lag         time.Duration `default:"1m" help:"Combien de temps une entrée peut attendre son numéro."`
}

// mostTold is how many lines of findings are told.
const mostTold = 200

// Run verifies the log in one reading and tells what is wrong and where.
func (a auditVerifyCmd) Run(ctx context.Context, c console) (err error) {
	rules := accesslog.Rules{Now: time.Now(), Copy: a.Log != "", Early: a.Early, Lag: a.Lag}
	if rules.Verifiers, err = accesslog.NewVerifiers(a.Verifier...); err != nil {
		return registry.Invalid("La clé de --verifier n’est pas celle que « vaccin audit key » affiche.")
	}
	// The file first: the log then covers at least what its heads do.
	sent, end, err := sentHeads(a.Heads)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	log, size, done, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	log.Sent = sent
	bar := c.bar(size, "Vérification")
	log.Leaves = watched(log.Leaves, bar)
	told := findingTeller{out: c, most: mostTold}
	summary, err := accesslog.Verify(ctx, log, rules, told.add)
	told.flush()
	if err := errors.Join(err, bar.finish(), told.failed); err != nil {
		return err
	}
	return a.conclude(c, summary, told.lines)
}

// sentHeads reads a file of heads as far as it goes now.
func sentHeads(path string) (heads iter.Seq2[[]byte, error], end func() error, err error) {
	if path == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return accesslog.Heads(io.LimitReader(f, info.Size())), f.Close, nil
}

// watched moves a bar with the leaves that are read.
func watched(leaves iter.Seq2[accesslog.Leaf, error], bar bar) iter.Seq2[accesslog.Leaf, error] {
	return func(yield func(accesslog.Leaf, error) bool) {
		for leaf, err := range leaves {
			if done := leaf.Position + 1; done%256 == 0 {
				bar.set(done)
			}
			if !yield(leaf, err) {
				return
			}
		}
	}
}

// conclude tells what was verified. What is wrong makes the command fail.
func (a auditVerifyCmd) conclude(c console, s accesslog.Summary, lines int) error {
	text := "Journal des accès : " + count64(s.Leaves, "entrée numérotée", "entrées numérotées")
	if s.Retired > 0 {
		text += ", dont " + count64(s.Retired, "supprimée pour son âge et vérifiée par son empreinte", "supprimées pour leur âge et vérifiées par leur empreinte")
	}
	if s.Waiting > 0 {
		text += " ; " + count64(s.Waiting, "attend son numéro", "attendent leur numéro")
	}
	text += ".\n"
	text += headsText(s)
	switch {
	case a.Heads == "" && a.Log == "":
		text += "Attention : sans --heads, les têtes sont celles de la base ; des entrées coupées à la fin avec leurs têtes ne se verraient pas.\n"
	case s.NotSent > 0:
		text += "Têtes gardées dans la base et absentes du fichier : " + registry.FrenchNumber(int(s.NotSent)) + ", depuis le " + frenchMoment(s.NotSentSince) + ".\n"
	}
	if err := c.printf("%s", text); err != nil {
		return err
	}
	switch {
	case lines > mostTold:
		return registry.Invalid(fmt.Sprintf("Anomalies : %s, en %s lignes dont les %d premières sont affichées. Suivez docs/runbooks/audit.md.",
			registry.FrenchNumber(int(s.Findings)), registry.FrenchNumber(lines), mostTold))
	case s.Findings > 0:
		return registry.Invalid("Anomalies : " + registry.FrenchNumber(int(s.Findings)) + ". Suivez docs/runbooks/audit.md.")
	case a.Heads != "" && s.Sent == 0 && s.NotSent > 0:
		return registry.Invalid("Le fichier de têtes n’en contient aucune, alors que la base en garde : sans celles qui ont quitté la machine, " +
			"un journal réécrit ou remis à un moment antérieur ne se verrait pas. Vérifiez avec le bon fichier.")
	case s.Heads == 0:
		return registry.Invalid("Aucune tête signée par cette clé n’est là : rien ne prouve que le journal est tel qu’il a été écrit.")
	}
	if err := c.printf("Aucune anomalie.\n"); err != nil {
		return err
	}
	return a.reserve(s)
}

// headsText tells what the heads cover, and what they do not.
func headsText(s accesslog.Summary) string {
	if s.Heads == 0 {
		return ""
	}
	text := fmt.Sprintf("Têtes signées : %s ; la dernière, n° %d du %s, couvre %s.\n", count64(s.Heads, "conforme", "conformes"), s.Last.Number,
		frenchMoment(s.Last.At), count64(s.Last.Size, "entrée", "entrées"))
	if s.Beyond > 0 {
		text += "Au-delà de la dernière tête : " + count64(s.Beyond, "entrée, qu’aucune signature ne couvre", "entrées, qu’aucune signature ne couvre")
		if !s.BeyondSince.IsZero() {
			text += ", depuis le " + frenchMoment(s.BeyondSince)
		}
		text += ".\n"
	}
	return text
}

// reserve is what keeps a log without anomaly from being told sound: a part of it that nothing signed, or nothing
// that left the machine, vouches for. A base that was restored may be so for a good reason, which the operator knows.
func (a auditVerifyCmd) reserve(s accesslog.Summary) error {
	text := ""
	if s.Unsigned(a.Early) {
		text = "des entrées plus anciennes que --early (" + a.Early.String() + ") sont au-delà de la dernière tête : rien ne prouve qu’elles sont " +
			"telles qu’elles ont été écrites. La signature est-elle arrêtée, la base a-t-elle été restaurée, des têtes ont-elles été supprimées ? "
	}
	if s.Unsent(a.Early) {
		text += "des têtes plus anciennes que --early (" + a.Early.String() + ") sont dans la base et pas dans le fichier : est-ce le bon fichier, " +
			"à jour, ou l’envoi des têtes est-il arrêté ? "
	}
	if text == "" {
		return nil
	}
	return fmt.Errorf("%w: %w", errReserve, registry.Invalid("À vérifier : "+text+"Suivez docs/runbooks/audit.md."))
}

func count64(n int64, one, many string) string { return count(int(n), one, many) }

// frenchMoment is a moment as reports tell it.
func frenchMoment(t time.Time) string { return t.UTC().Format("02/01/2006 à 15:04:05") + " UTC" }
