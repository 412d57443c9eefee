package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// copyCmd copies the embedded store to a database, and sees that nothing differs.
type copyCmd struct {
	From  string `required:"" type:"path" placeholder:"FICHIER" help:"Fichier de la base embarquée à copier ; aucun programme ne doit s’en servir."`
	To    string `required:"" placeholder:"ADRESSE" help:"Base PostgreSQL (postgres://compte@hôte/base), neuve et vide, sous le compte propriétaire de ses tables."`
	Check bool   `help:"Ne rien copier : comparer chaque ligne des deux bases."`
}

// Run copies what is not copied yet and compares everything. What differs makes it fail.
func (f copyCmd) Run(ctx context.Context, c console) error {
	if !store.IsDatabase(f.To) {
		return registry.Invalid("La destination est une base PostgreSQL : donnez son adresse, de la forme postgres://compte@serveur/base.")
	}
	titles := map[store.CopyStep]string{store.CopyRows: "Copie", store.CompareRows: "Comparaison"}
	bars := map[store.CopyStep]bar{}
	tables, err := store.Copy(ctx, f.From, f.To, store.CopyOptions{CheckOnly: f.Check, Progress: func(step store.CopyStep, done, total int64) {
		if _, drawn := bars[step]; !drawn {
			bars[step] = c.bar(total, titles[step])
		}
		bars[step].set(done)
	}})
	for _, drawn := range bars {
		err = errors.Join(err, drawn.finish())
	}
	if err != nil {
		return notCopied(err)
	}
	return f.conclude(c, tables)
}

// notCopied is why a store was not copied, as the operator reads it.
func notCopied(err error) error {
	for cause, text := range map[error]string{
		fs.ErrNotExist:    "Il n’y a pas de base à copier à cet endroit.",
		store.ErrInUse:    "La base à copier est utilisée par un autre programme : arrêtez d’abord le service.",
		store.ErrInClear:  "La base à copier contient des identités en clair, d’une version précédente : ouvrez-la d’abord avec les clés d’identité, par exemple par « vaccin keys list ».",
		store.ErrNotEmpty: "La base de destination contient déjà des données : la copie se fait dans une base nouvelle, que « vaccin migrate » n’a pas remplie.",
		store.ErrMovedOn:  "La base à copier a été utilisée depuis le début de la copie : recommencez dans une base nouvelle.",
		store.ErrCopying:  "Une autre copie vers cette base est en cours.",
		store.ErrNoCopy:   "La base de destination est vide : rien n’y a été copié.",
		store.ErrOutdated: "L’une des deux bases est plus ancienne que ce programme : mettez-la à jour d’abord avec « vaccin migrate ».",
	} {
		if errors.Is(err, cause) {
			return registry.Invalid(text)
		}
	}
	return err
}

// conclude tells what is in both, table by table.
func (f copyCmd) conclude(c console, tables []store.Comparison) error {
	var rows, replaced int64
	var differing []string
	for _, t := range tables {
		rows += t.Rows
		replaced += t.Replaced
		line := "  " + t.Table + " : " + count64(t.Rows, "ligne", "lignes")
		if t.Differs() {
			differing = append(differing, t.Table)
			line += " ; DIFFÉRENCE : " + registry.FrenchNumber(int(t.Missing)) + " absentes de la destination, " + registry.FrenchNumber(int(t.Added)) +
				" en trop, " + registry.FrenchNumber(int(t.Changed)) + " différentes"
		}
		if err := c.printf("%s\n", line); err != nil {
			return err
		}
	}
	if replaced > 0 {
		err := c.printf("Attention : %s où PostgreSQL ne prend pas certains caractères, remplacés par « \uFFFD ».\n", count64(replaced, "texte", "textes"))
		if err != nil {
			return err
		}
	}
	if len(differing) > 0 {
		return registry.Invalid("Les deux bases diffèrent (" + strings.Join(differing, ", ") + ") : n’utilisez pas la copie.")
	}
	if f.Check {
		return c.printf("Les deux bases sont identiques : %s dans %s.\n", count64(rows, "ligne", "lignes"), count(len(tables), "table", "tables"))
	}
	return c.printf("Copie terminée et vérifiée : %s dans %s, sans différence.\n", count64(rows, "ligne", "lignes"), count(len(tables), "table", "tables"))
}
