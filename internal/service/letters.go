package service

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"vaccin/internal/document"
	"vaccin/internal/registry"
)

// LetterConfig holds what letters to targeted persons say that differs from one installation to another.
type LetterConfig struct {
	Phone   string `env:"VACCIN_LETTER_PHONE" help:"Numéro de téléphone pour les rendez-vous, indiqué par les lettres, avec son prix : 0 800 009 110 (appel gratuit)."`
	Website string `env:"VACCIN_LETTER_WEBSITE" help:"Site pour les rendez-vous, indiqué par les lettres : sante.fr."`
	Rights  string `env:"VACCIN_LETTER_RIGHTS" help:"Où les lettres disent d’exercer ses droits, après « Pour exercer ces droits, » ; par défaut, auprès de sa caisse."`
}

// Printer prints letters that say so; it refuses what letters have no room for.
func (c LetterConfig) Printer() (registry.BatchPrinter, error) {
	for _, set := range []struct{ name, text string }{{"phone", c.Phone}, {"website", c.Website}, {"rights", c.Rights}} {
		if n := utf8.RuneCountInString(set.text); n > document.LetterTextMost {
			return registry.BatchPrinter{}, registry.Invalid(fmt.Sprintf("Le texte de --letter-%s (VACCIN_LETTER_%s) a %s caractères, et les lettres n’ont de place que pour %d\u00a0: raccourcissez-le.",
				set.name, strings.ToUpper(set.name), registry.FrenchNumber(n), document.LetterTextMost))
		}
	}
	return document.Printer(registry.LetterTexts{Phone: c.Phone, Website: c.Website, Rights: c.Rights}), nil
}

// letters makes the letters that were asked for on pages. A batch that a server leaves unfinished goes on on another.
func (s *Service) letters(ctx context.Context) error {
	by := ownActor()
	work := func(ctx context.Context) error {
		_, err := s.cases.WorkBatches(ctx, by, s.printer)
		return err
	}
	return every(ctx, s.log, workEvery, "printing letters", work)
}
