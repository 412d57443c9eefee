package main

import (
	"errors"
	"fmt"

	"vaccin/internal/accesslog"
	"vaccin/internal/registry"
)

// findingText tells an operator what is wrong and where.
func findingText(f accesslog.Finding) string {
	entry := fmt.Sprintf("entrée n° %d (position %d)", f.Num, f.Position)
	stretch := fmt.Sprintf("positions %d à %d", f.Position, f.Until-1)
	head := fmt.Sprintf("tête n° %d", f.Head)
	whose := "de la base"
	if f.Sent {
		whose = "du fichier"
	}
	switch f.Kind {
	case accesslog.EntryChanged:
		return entry + " : son contenu a changé depuis sa numérotation."
	case accesslog.EntriesSwapped:
		return fmt.Sprintf("%s et entrée n° %d (position %d) : leurs contenus ont été échangés.", entry, f.OtherNum, f.OtherPosition)
	case accesslog.EntryMissing:
		return entry + " : elle a disparu, et aucune suppression pour âge ne l’explique."
	case accesslog.EntryInserted:
		return fmt.Sprintf("entrée n° %d, datée du %s : insérée après coup, parmi des entrées déjà numérotées.", f.Num, frenchMoment(f.At))
	case accesslog.EntryLate:
		return fmt.Sprintf("%s, datée du %s : antérieure à la %s, qui ne la couvre pas ; insérée après coup ou antidatée.", entry, frenchMoment(f.At), head)
	case accesslog.EntryWaiting:
		return fmt.Sprintf("entrée n° %d, datée du %s : elle attend toujours son numéro. La numérotation est-elle arrêtée ?", f.Num, frenchMoment(f.At))
	case accesslog.LeafMissing:
		return stretch + " : les empreintes ont disparu."
	case accesslog.LeafDouble:
		return entry + " : une deuxième entrée est à cette place."
	case accesslog.LeafOrder:
		return entry + " : elle n’est pas dans l’ordre où les entrées ont été écrites."
	case accesslog.LeafMoment:
		return entry + " : la date gardée avec l’empreinte n’est pas celle de l’entrée."
	case accesslog.LeafUnplaced:
		return stretch + " : l’empreinte ne dit plus de quelle entrée elle est."
	case accesslog.NodeUnfit:
		return stretch + " : l’empreinte d’ensemble gardée dans la base n’est pas celle de ces entrées."
	case accesslog.HeadUnfit:
		return fmt.Sprintf("%s : la %s est la première qui ne correspond plus au journal. Ce qui a été réécrit est entre ces positions.", stretch, head)
	case accesslog.HeadSignature:
		return fmt.Sprintf("%s (%s) : sa signature n’est d’aucune clé indiquée, ou la tête a été modifiée.", head, whose)
	case accesslog.HeadMissing:
		return fmt.Sprintf("têtes n° %d à %d (%s) : absentes.", f.Head, f.UntilHead-1, whose)
	case accesslog.HeadDouble:
		return fmt.Sprintf("%s (%s) : une autre tête porte ce numéro, ou elle n’est pas à sa place.", head, whose)
	case accesslog.HeadDiffers:
		return head + " : celle que garde la base n’est pas celle du fichier."
	case accesslog.HeadOrder:
		return fmt.Sprintf("%s (%s) : plus ancienne, ou couvrant moins d’entrées, que la tête d’avant.", head, whose)
	case accesslog.LogShort:
		return fmt.Sprintf("la %s couvre %s entrées : le journal n’en a plus autant. Il est en doute à partir de la position %d.", head, registry.FrenchNumber(int(f.Until)), f.Position)
	case accesslog.RetirementUnfit:
		return fmt.Sprintf("suppression pour âge n° %d (%s) : ce qui manque n’est pas ce qui a été supprimé ce jour-là.", f.Number, stretch)
	case accesslog.RetirementUnlogged:
		return fmt.Sprintf("suppression pour âge n° %d : aucune entrée du journal ne la raconte.", f.Number)
	}
	return fmt.Sprintf("%+v", f)
}

// findingTeller tells findings, in one line those of one kind about entries that follow one another.
type findingTeller struct {
	out         console
	most        int // lines that are told; the others are counted
	lines       int
	failed      error
	first, last accesslog.Finding // of those that are not told yet
	many        int
}

func (t *findingTeller) add(f accesslog.Finding) {
	if t.many > 0 && followsIn(t.last, f) {
		t.last = f
		t.many++
		return
	}
	t.flush()
	t.first, t.last, t.many = f, f, 1
}

// flush tells what is held.
func (t *findingTeller) flush() {
	if t.many == 0 {
		return
	}
	if t.lines++; t.lines <= t.most {
		text := findingText(t.first)
		if t.many > 1 {
			text = findingsText(t.first, t.last)
		}
		t.failed = errors.Join(t.failed, t.out.printf("ANOMALIE : %s\n", text))
	}
	t.many = 0
}

// followsIn tells whether a finding is told in the line of the one before.
func followsIn(last, f accesslog.Finding) bool {
	if f.Kind != last.Kind {
		return false
	}
	switch f.Kind {
	case accesslog.EntryChanged, accesslog.EntryMissing:
		return f.Position == last.Position+1
	case accesslog.EntryInserted, accesslog.EntryWaiting:
		return f.Num == last.Num+1
	}
	return false
}

// findingsText tells an operator what is wrong with entries that follow one another.
func findingsText(first, last accesslog.Finding) string {
	numbers := fmt.Sprintf("entrées n° %d à %d", first.Num, last.Num)
	places := fmt.Sprintf("%s (positions %d à %d)", numbers, first.Position, last.Position)
	dates := fmt.Sprintf("%s, datées du %s au %s", numbers, frenchMoment(first.At), frenchMoment(last.At))
	switch first.Kind {
	case accesslog.EntryChanged:
		return places + " : leurs contenus ont changé depuis leur numérotation."
	case accesslog.EntryMissing:
		return places + " : elles ont disparu, et aucune suppression pour âge ne l’explique."
	case accesslog.EntryInserted:
		return dates + " : insérées après coup, parmi des entrées déjà numérotées."
	case accesslog.EntryWaiting:
		return dates + " : elles attendent toujours leur numéro. La numérotation est-elle arrêtée ?"
	}
	return fmt.Sprintf("%+v à %+v", first, last)
}
