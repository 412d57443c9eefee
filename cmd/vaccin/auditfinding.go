package main

import (
	"fmt"

	"vaccin/internal/accesslog"
)

// findingText tells an operator what is wrong and where.
func findingText(f accesslog.Finding) string {
	entry := fmt.Sprintf("entrée n° %d (position %d)", f.Num, f.Position)
	stretch := fmt.Sprintf("positions %d à %d", f.Position, f.Until-1)
	head := fmt.Sprintf("tête n° %d", f.Head)
	whose := "de la base"
	if f.Sent {
		whose = "du fichier"
	}
	switch f.Kind {
	case accesslog.EntryChanged:
		return entry + " : son contenu a changé depuis sa numérotation."
	case accesslog.EntriesSwapped:
		return fmt.Sprintf("%s et entrée n° %d (position %d) : leurs contenus ont été échangés.", entry, f.OtherNum, f.OtherPosition)
	case accesslog.EntryMissing:
		return entry + " : elle a disparu, et aucune suppression pour âge ne l’explique."
	case accesslog.EntryInserted:
		return fmt.Sprintf("entrée n° %d, datée du %s : insérée après coup, parmi des entrées déjà numérotées.", f.Num, frenchMoment(f.At))
	case accesslog.EntryLate:
		return fmt.Sprintf("%s, datée du %s : antérieure à la %s, qui ne la couvre pas ; insérée après coup ou antidatée.", entry, frenchMoment(f.At), head)
	case accesslog.EntryWaiting:
		return fmt.Sprintf("entrée n° %d, datée du %s : elle attend toujours son numéro. La numérotation est-elle arrêtée ?", f.Num, frenchMoment(f.At))
	case accesslog.LeafMissing:
		return stretch + " : les empreintes ont disparu."
	case accesslog.LeafDouble:
		return entry + " : une deuxième entrée est à cette place."
	case accesslog.LeafOrder:
		return entry + " : elle n’est pas dans l’ordre où les entrées ont été écrites."
	case accesslog.LeafMoment:
		return entry + " : la date gardée avec l’empreinte n’est pas celle de l’entrée."
	case accesslog.NodeUnfit:
		return stretch + " : l’empreinte d’ensemble gardée dans la base n’est pas celle de ces entrées."
	case accesslog.HeadUnfit:
		return fmt.Sprintf("%s : la %s est la première qui ne correspond plus au journal. Ce qui a été réécrit est entre ces positions.", stretch, head)
	case accesslog.HeadSignature:
		return fmt.Sprintf("%s (%s) : sa signature n’est d’aucune clé indiquée, ou la tête a été modifiée.", head, whose)
	case accesslog.HeadMissing:
		return fmt.Sprintf("têtes n° %d à %d (%s) : absentes.", f.Head, f.UntilHead-1, whose)
	case accesslog.HeadDouble:
		return fmt.Sprintf("%s (%s) : une autre tête porte ce numéro, ou elle n’est pas à sa place.", head, whose)
	case accesslog.HeadDiffers:
		return head + " : celle que garde la base n’est pas celle du fichier."
	case accesslog.HeadOrder:
		return fmt.Sprintf("%s (%s) : plus ancienne, ou couvrant moins d’entrées, que la tête d’avant.", head, whose)
	case accesslog.LogShort:
		return fmt.Sprintf("la %s couvre %d entrées : le journal n’en a plus autant. Il est en doute à partir de la position %d.", head, f.Until, f.Position)
	case accesslog.RetirementUnfit:
		return fmt.Sprintf("suppression pour âge n° %d (%s) : ce qui manque n’est pas ce qui a été supprimé ce jour-là.", f.Number, stretch)
	case accesslog.RetirementUnlogged:
		return fmt.Sprintf("suppression pour âge n° %d : aucune entrée du journal ne la raconte.", f.Number)
	}
	return fmt.Sprintf("%+v", f)
}
