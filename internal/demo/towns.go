package demo

import "strings"

// towns are the largest towns of each department, the first being the prefecture or its like: most of
// the country lives in them, and vaccination places open there first.
var towns = map[string][]string{}

func init() {
	for _, line := range strings.Split(strings.TrimSpace(townList), "\n") {
		department, names, _ := strings.Cut(line, " ")
		towns[department] = strings.Split(names, ", ")
	}
}

const townList = `
01 Bourg-en-Bresse, Oyonnax, Ambérieu-en-Bugey, Gex
02 Laon, Saint-Quentin, Soissons, Château-Thierry
03 Moulins, Montluçon, Vichy
04 Digne-les-Bains, Manosque, Sisteron
05 Gap, Briançon, Embrun
06 Nice, Antibes, Cannes, Grasse, Menton
07 Privas, Annonay, Aubenas
08 Charleville-Mézières, Sedan, Rethel
09 Foix, Pamiers, Saint-Girons
10 Troyes, Romilly-sur-Seine, Bar-sur-Aube
11 Carcassonne, Narbonne, Castelnaudary
12 Rodez, Millau, Villefranche-de-Rouergue
13 Marseille 3e Arrondissement, Marseille 8e Arrondissement, Marseille 13e Arrondissement, Aix-en-Provence, Arles, Martigues, Aubagne
14 Caen, Lisieux, Bayeux, Vire Normandie
15 Aurillac, Saint-Flour, Mauriac
16 Angoulême, Cognac, Soyaux
17 La Rochelle, Saintes, Rochefort, Royan
18 Bourges, Vierzon, Saint-Amand-Montrond
19 Tulle, Brive-la-Gaillarde, Ussel
2A Ajaccio, Porto-Vecchio, Propriano, Sartène
2B Bastia, Corte, Calvi, Borgo
21 Dijon, Beaune, Chenôve, Montbard
22 Saint-Brieuc, Lannion, Dinan, Guingamp
23 Guéret, La Souterraine, Aubusson
24 Périgueux, Bergerac, Sarlat-la-Canéda
25 Besançon, Montbéliard, Pontarlier
26 Valence, Montélimar, Romans-sur-Isère
27 Évreux, Vernon, Louviers, Bernay
28 Chartres, Dreux, Châteaudun
29 Quimper, Brest, Morlaix, Concarneau
30 Nîmes, Alès, Bagnols-sur-Cèze
31 Toulouse, Colomiers, Muret, Saint-Gaudens
32 Auch, Condom, L'Isle-Jourdain
33 Bordeaux, Mérignac, Pessac, Arcachon, Libourne
34 Montpellier, Béziers, Sète, Lunel
35 Rennes, Saint-Malo, Fougères, Vitré
36 Châteauroux, Issoudun, Le Blanc
37 Tours, Joué-lès-Tours, Chinon, Amboise
38 Grenoble, Vienne, Bourgoin-Jallieu, Voiron
39 Lons-le-Saunier, Dole, Saint-Claude
40 Mont-de-Marsan, Dax, Mimizan
41 Blois, Vendôme, Romorantin-Lanthenay
42 Saint-Étienne, Roanne, Montbrison
43 Le Puy-en-Velay, Monistrol-sur-Loire, Brioude
44 Nantes, Saint-Nazaire, Saint-Herblain, Châteaubriant
45 Orléans, Montargis, Pithiviers
46 Cahors, Figeac, Gourdon
47 Agen, Villeneuve-sur-Lot, Marmande
48 Mende, Marvejols, Florac Trois Rivières
49 Angers, Cholet, Saumur
50 Saint-Lô, Cherbourg-en-Cotentin, Granville, Avranches
51 Châlons-en-Champagne, Reims, Épernay
52 Chaumont, Saint-Dizier, Langres
53 Laval, Mayenne, Évron
54 Nancy, Lunéville, Toul, Longwy
55 Bar-le-Duc, Verdun, Commercy
56 Vannes, Lorient, Auray, Pontivy
57 Metz, Thionville, Forbach, Sarreguemines
58 Nevers, Cosne-Cours-sur-Loire, Decize
59 Lille, Roubaix, Tourcoing, Dunkerque, Valenciennes, Douai, Cambrai
60 Beauvais, Compiègne, Creil, Senlis
61 Alençon, Flers, Argentan
62 Arras, Calais, Boulogne-sur-Mer, Lens, Béthune
63 Clermont-Ferrand, Riom, Thiers, Issoire
64 Pau, Bayonne, Biarritz, Hendaye
65 Tarbes, Lourdes, Bagnères-de-Bigorre
66 Perpignan, Canet-en-Roussillon, Prades
67 Strasbourg, Haguenau, Sélestat, Saverne
68 Colmar, Mulhouse, Saint-Louis
69 Lyon 3e Arrondissement, Lyon 7e Arrondissement, Lyon 8e Arrondissement, Villeurbanne, Vénissieux, Villefranche-sur-Saône
70 Vesoul, Héricourt, Lure
71 Mâcon, Chalon-sur-Saône, Le Creusot, Autun
72 Le Mans, La Flèche, Sablé-sur-Sarthe
73 Chambéry, Aix-les-Bains, Albertville
74 Annecy, Thonon-les-Bains, Annemasse, Cluses
75 Paris 11e Arrondissement, Paris 13e Arrondissement, Paris 15e Arrondissement, Paris 18e Arrondissement, Paris 20e Arrondissement
76 Rouen, Le Havre, Dieppe, Elbeuf
77 Melun, Meaux, Fontainebleau, Provins
78 Versailles, Mantes-la-Jolie, Poissy, Rambouillet
79 Niort, Bressuire, Parthenay
80 Amiens, Abbeville, Péronne
81 Albi, Castres, Gaillac
82 Montauban, Moissac, Castelsarrasin
83 Toulon, Fréjus, Hyères, Draguignan
84 Avignon, Orange, Carpentras, Cavaillon
85 La Roche-sur-Yon, Les Sables-d'Olonne, Fontenay-le-Comte
86 Poitiers, Châtellerault, Loudun
87 Limoges, Saint-Junien, Bellac
88 Épinal, Saint-Dié-des-Vosges, Remiremont
89 Auxerre, Sens, Joigny
90 Belfort, Delle, Valdoie
91 Évry-Courcouronnes, Massy, Corbeil-Essonnes, Étampes
92 Nanterre, Boulogne-Billancourt, Colombes, Courbevoie, Antony
93 Bobigny, Saint-Denis, Montreuil, Aulnay-sous-Bois
94 Créteil, Vitry-sur-Seine, Champigny-sur-Marne, Villejuif
95 Cergy, Argenteuil, Sarcelles, Pontoise
971 Basse-Terre, Pointe-à-Pitre, Les Abymes, Le Moule
972 Fort-de-France, Le Lamentin, Sainte-Marie, Le François
973 Cayenne, Kourou, Saint-Laurent-du-Maroni
974 Saint-Denis, Saint-Pierre, Le Tampon, Saint-Paul
976 Mamoudzou, Koungou, Dzaoudzi
`
