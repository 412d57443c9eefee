package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

type auditProveCmd struct {
	storeFlags `embed:""`
	Entry      int64 `arg:"" name:"entrée" help:"Numéro de l’entrée dans le journal des accès."`
}

// Run writes the proof as JSON.
func (a auditProveCmd) Run(ctx context.Context, c console) (err error) {
	st, _, err := a.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	proof, err := st.ProveEntry(ctx, a.Entry)
	if errors.Is(err, store.ErrNoEntry) {
		return registry.NotFound("Aucune tête signée ne couvre une entrée de ce numéro : elle n’existe pas, n’est pas encore couverte, ou a été supprimée pour son âge.")
	}
	if errors.Is(err, store.ErrTampered) {
		return registry.Invalid("Cette entrée ne correspond plus à son empreinte : elle a été modifiée. Lancez « vaccin audit verify ».")
	}
	if err != nil {
		return err
	}
	return accesslog.WriteProof(c.out, proof)
}

type auditCheckProofCmd struct {
	Verifier []string `required:"" env:"VACCIN_AUDIT_VERIFIER" help:"Clé qui vérifie les têtes ; plusieurs si elle a changé."`
	File     string   `arg:"" name:"fichier" type:"path" help:"La preuve."`
}

// Run checks the proof and tells what it proves.
func (a auditCheckProofCmd) Run(c console) error {
	trust, err := accesslog.NewVerifiers(a.Verifier...)
	if err != nil {
		return registry.Invalid("La clé de --verifier n’est pas celle que « vaccin audit key » affiche.")
	}
	text, err := os.ReadFile(a.File)
	if err != nil {
		return err
	}
	proof, err := accesslog.ReadProof(bytes.NewReader(text))
	if err != nil {
		return registry.Invalid("Ce fichier n’est pas une preuve faite par « vaccin audit prove ».")
	}
	e, head, err := proof.Check(trust)
	if errors.Is(err, accesslog.ErrSignature) {
		return registry.Invalid("La tête de cette preuve n’est signée par aucune des clés indiquées.")
	}
	if err != nil {
		return registry.Invalid("Cette preuve ne prouve rien : la tête signée ne couvre pas cette entrée.")
	}
	return c.printf("Preuve exacte : l’entrée n° %d était dans le journal le %s (tête n° %d, %s).\n%s", e.Num, frenchMoment(head.At), head.Number,
		count64(head.Size, "entrée", "entrées"), entryText(e))
}

// entryText is an entry, a line for each field that is filled.
func entryText(e accesslog.Entry) (text string) {
	for _, field := range []struct{ label, value string }{
		{"date", frenchMoment(e.At)},
		{"rôle", e.Role},
		{"qui", e.NationalID},
		{"lieu", e.PlaceID},
		{"nom du lieu", e.PlaceName},
		{"porte", e.Door},
		{"action", e.Action},
		{"dossier", e.Record},
		{"issue", e.Outcome},
		{"version", numberText(e.Version)},
		{"nombre", numberText(e.Count)},
		{"empreinte de ce qui est couvert", e.Digest},
		{"motif", e.Reason},
	} {
		if field.value != "" {
			text += fmt.Sprintf("  %s : %s\n", field.label, field.value)
		}
	}
	return text
}

func numberText(n int64) string {
	if n == 0 {
		return ""
	}
	return registry.FrenchNumber(int(n))
}

type auditExportCmd struct {
	storeFlags `embed:""`
	Log        string `required:"" type:"path" help:"Fichier où écrire le journal ; il ne doit pas exister."`
	Heads      string `type:"path" help:"Fichier où écrire les têtes que la base a gardées ; il ne doit pas exister."`
}

// Run writes the log and, if asked to, its heads.
func (a auditExportCmd) Run(ctx context.Context, c console) (err error) {
	st, _, err := a.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	log, size, err := st.LogSource(ctx)
	if err != nil {
		return err
	}
	heads := 0
	if a.Heads != "" {
		err := newFile(a.Heads, func(f *os.File) error {
			for head, err := range log.Kept {
				if err == nil {
					heads++
					_, err = f.Write(accesslog.AppendHead(nil, head))
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	bar := c.bar(size, "Écriture")
	leaves := int64(0)
	err = newFile(a.Log, func(f *os.File) (err error) {
		leaves, err = accesslog.WriteLog(f, log, bar.set)
		return err
	})
	if err := errors.Join(err, bar.finish()); err != nil {
		return err
	}
	text := count64(leaves, "entrée", "entrées")
	if a.Heads != "" {
		text += " et " + count(heads, "tête signée", "têtes signées")
	}
	return c.printf("Journal des accès exporté : %s.\n", text)
}

// newFile writes a file that must not exist, readable by its owner alone: the log tells who consulted what.
func newFile(path string, write func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return registry.Invalid("Ce fichier existe déjà : " + path)
	}
	if err != nil {
		return err
	}
	err = write(f)
	return errors.Join(err, f.Sync(), f.Close())
}
