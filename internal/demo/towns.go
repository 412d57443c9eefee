package demo

import (
	"strconv"
	"strings"

	"vaccin/internal/registry"
)

// town is one of the largest towns of a department, with where it is.
type town struct {
	name  string
	point registry.Point
}

// towns are the largest towns of each department, the first being the prefecture or its like: most of
// the country lives in them, and vaccination places open there first.
var towns = map[string][]town{}

func init() {
	for _, line := range strings.Split(strings.TrimSpace(townList), "\n") {
		department, all, _ := strings.Cut(line, " ")
		for _, text := range strings.Split(all, ", ") {
			words := strings.Split(text, " ")
			n := len(words) - 2
			latitude, _ := strconv.ParseFloat(words[n], 64) // a test holds each against its postal code
			longitude, _ := strconv.ParseFloat(words[n+1], 64)
			towns[department] = append(towns[department], town{strings.Join(words[:n], " "), registry.PointOf(latitude, longitude)})
		}
	}
}

// townList has latitude and longitude after each name, to the kilometre, as La Poste's list of postal codes has them.
const townList = `
01 Bourg-en-Bresse 46.21 5.25, Oyonnax 46.26 5.65, Ambérieu-en-Bugey 45.96 5.37, Gex 46.35 6.05
02 Laon 49.57 3.62, Saint-Quentin 49.85 3.28, Soissons 49.38 3.32, Château-Thierry 49.06 3.38
03 Moulins 46.56 3.33, Montluçon 46.34 2.60, Vichy 46.13 3.42
04 Digne-les-Bains 44.09 6.24, Manosque 43.84 5.79, Sisteron 44.20 5.93
05 Gap 44.58 6.06, Briançon 44.90 6.65, Embrun 44.58 6.48
06 Nice 43.71 7.24, Antibes 43.59 7.11, Cannes 43.55 7.00, Grasse 43.66 6.93, Menton 43.79 7.49
07 Privas 44.72 4.59, Annonay 45.25 4.65, Aubenas 44.61 4.40
08 Charleville-Mézières 49.78 4.72, Sedan 49.70 4.93, Rethel 49.51 4.38
09 Foix 42.97 1.61, Pamiers 43.12 1.62, Saint-Girons 42.98 1.15
10 Troyes 48.30 4.08, Romilly-sur-Seine 48.52 3.72, Bar-sur-Aube 48.23 4.72
11 Carcassonne 43.21 2.34, Narbonne 43.17 3.02, Castelnaudary 43.32 1.96
12 Rodez 44.36 2.57, Millau 44.10 3.12, Villefranche-de-Rouergue 44.35 2.03
13 Marseille 3e Arrondissement 43.31 5.38, Marseille 8e Arrondissement 43.24 5.37, Marseille 13e Arrondissement 43.35 5.43, Aix-en-Provence 43.54 5.40, Arles 43.55 4.66, Martigues 43.38 5.05, Aubagne 43.29 5.56
14 Caen 49.18 -0.37, Lisieux 49.15 0.24, Bayeux 49.28 -0.70, Vire Normandie 48.85 -0.89
15 Aurillac 44.92 2.44, Saint-Flour 45.03 3.08, Mauriac 45.22 2.32
16 Angoulême 45.65 0.15, Cognac 45.70 -0.34, Soyaux 45.64 0.21
17 La Rochelle 46.16 -1.17, Saintes 45.74 -0.65, Rochefort 45.94 -0.97, Royan 45.63 -1.02
18 Bourges 47.07 2.40, Vierzon 47.24 2.08, Saint-Amand-Montrond 46.73 2.52
19 Tulle 45.27 1.76, Brive-la-Gaillarde 45.14 1.52, Ussel 45.55 2.30
2A Ajaccio 41.93 8.70, Porto-Vecchio 41.59 9.25, Propriano 41.65 8.89, Sartène 41.57 8.94
2B Bastia 42.69 9.43, Corte 42.27 9.08, Calvi 42.55 8.76, Borgo 42.57 9.46
21 Dijon 47.32 5.04, Beaune 47.03 4.84, Chenôve 47.29 5.00, Montbard 47.66 4.35
22 Saint-Brieuc 48.51 -2.76, Lannion 48.74 -3.46, Dinan 48.46 -2.05, Guingamp 48.56 -3.15
23 Guéret 46.16 1.87, La Souterraine 46.24 1.48, Aubusson 45.95 2.17
24 Périgueux 45.19 0.71, Bergerac 44.85 0.49, Sarlat-la-Canéda 44.90 1.21
25 Besançon 47.26 6.02, Montbéliard 47.52 6.79, Pontarlier 46.91 6.39
26 Valence 44.92 4.91, Montélimar 44.55 4.75, Romans-sur-Isère 45.05 5.04
27 Évreux 49.02 1.14, Vernon 49.09 1.49, Louviers 49.22 1.15, Bernay 49.09 0.59
28 Chartres 48.45 1.51, Dreux 48.75 1.36, Châteaudun 48.08 1.33
29 Quimper 48.00 -4.09, Brest 48.40 -4.50, Morlaix 48.60 -3.82, Concarneau 47.90 -3.91
30 Nîmes 43.84 4.35, Alès 44.13 4.09, Bagnols-sur-Cèze 44.16 4.62
31 Toulouse 43.60 1.43, Colomiers 43.61 1.33, Muret 43.45 1.31, Saint-Gaudens 43.12 0.73
32 Auch 43.65 0.58, Condom 43.97 0.37, L'Isle-Jourdain 43.61 1.08
33 Bordeaux 44.86 -0.57, Mérignac 44.83 -0.68, Pessac 44.79 -0.68, Arcachon 44.65 -1.17, Libourne 44.91 -0.23
34 Montpellier 43.61 3.87, Béziers 43.35 3.23, Sète 43.39 3.65, Lunel 43.68 4.14
35 Rennes 48.11 -1.68, Saint-Malo 48.64 -1.98, Fougères 48.35 -1.19, Vitré 48.11 -1.19
36 Châteauroux 46.80 1.69, Issoudun 46.95 2.00, Le Blanc 46.63 1.10
37 Tours 47.40 0.70, Joué-lès-Tours 47.33 0.65, Chinon 47.17 0.25, Amboise 47.39 1.00
38 Grenoble 45.18 5.72, Vienne 45.52 4.88, Bourgoin-Jallieu 45.60 5.27, Voiron 45.38 5.58
39 Lons-le-Saunier 46.67 5.56, Dole 47.08 5.50, Saint-Claude 46.41 5.88
40 Mont-de-Marsan 43.90 -0.49, Dax 43.70 -1.06, Mimizan 44.19 -1.25
41 Blois 47.58 1.31, Vendôme 47.80 1.06, Romorantin-Lanthenay 47.37 1.74
42 Saint-Étienne 45.43 4.38, Roanne 46.04 4.08, Montbrison 45.60 4.07
43 Le Puy-en-Velay 45.03 3.90, Monistrol-sur-Loire 45.29 4.18, Brioude 45.30 3.39
44 Nantes 47.23 -1.55, Saint-Nazaire 47.28 -2.25, Saint-Herblain 47.22 -1.63, Châteaubriant 47.72 -1.39
45 Orléans 47.88 1.92, Montargis 48.00 2.74, Pithiviers 48.18 2.25
46 Cahors 44.45 1.44, Figeac 44.61 2.03, Gourdon 44.73 1.38
47 Agen 44.20 0.63, Villeneuve-sur-Lot 44.43 0.74, Marmande 44.51 0.17
48 Mende 44.53 3.48, Marvejols 44.56 3.29, Florac Trois Rivières 44.32 3.58
49 Angers 47.48 -0.56, Cholet 47.05 -0.88, Saumur 47.27 -0.08
50 Saint-Lô 49.11 -1.08, Cherbourg-en-Cotentin 49.63 -1.63, Granville 48.83 -1.57, Avranches 48.69 -1.36
51 Châlons-en-Champagne 48.96 4.38, Reims 49.25 4.04, Épernay 49.04 3.93
52 Chaumont 48.10 5.14, Saint-Dizier 48.63 4.95, Langres 47.86 5.34
53 Laval 48.06 -0.77, Mayenne 48.31 -0.61, Évron 48.15 -0.39
54 Nancy 48.69 6.18, Lunéville 48.59 6.50, Toul 48.69 5.90, Longwy 49.52 5.77
55 Bar-le-Duc 48.76 5.16, Verdun 49.15 5.36, Commercy 48.75 5.56
56 Vannes 47.66 -2.76, Lorient 47.75 -3.38, Auray 47.67 -2.99, Pontivy 48.07 -2.97
57 Metz 49.11 6.20, Thionville 49.38 6.13, Forbach 49.19 6.89, Sarreguemines 49.11 7.07
58 Nevers 46.99 3.16, Cosne-Cours-sur-Loire 47.40 2.94, Decize 46.81 3.47
59 Lille 50.63 3.05, Roubaix 50.69 3.18, Tourcoing 50.73 3.16, Dunkerque 51.03 2.34, Valenciennes 50.36 3.52, Douai 50.38 3.09, Cambrai 50.17 3.24
60 Beauvais 49.44 2.09, Compiègne 49.40 2.85, Creil 49.25 2.48, Senlis 49.21 2.59
61 Alençon 48.43 0.09, Flers 48.74 -0.56, Argentan 48.73 -0.01
62 Arras 50.29 2.77, Calais 50.95 1.88, Boulogne-sur-Mer 50.73 1.61, Lens 50.44 2.82, Béthune 50.53 2.64
63 Clermont-Ferrand 45.79 3.12, Riom 45.89 3.13, Thiers 45.86 3.54, Issoire 45.55 3.24
64 Pau 43.32 -0.35, Bayonne 43.49 -1.47, Biarritz 43.47 -1.55, Hendaye 43.37 -1.76
65 Tarbes 43.23 0.07, Lourdes 43.11 -0.08, Bagnères-de-Bigorre 42.98 0.13
66 Perpignan 42.70 2.90, Canet-en-Roussillon 42.68 3.01, Prades 42.61 2.43
67 Strasbourg 48.57 7.77, Haguenau 48.84 7.83, Sélestat 48.25 7.46, Saverne 48.74 7.34
68 Colmar 48.11 7.38, Mulhouse 47.75 7.33, Saint-Louis 47.60 7.54
69 Lyon 3e Arrondissement 45.75 4.87, Lyon 7e Arrondissement 45.73 4.84, Lyon 8e Arrondissement 45.73 4.87, Villeurbanne 45.77 4.89, Vénissieux 45.70 4.88, Villefranche-sur-Saône 45.99 4.73
70 Vesoul 47.63 6.15, Héricourt 47.57 6.77, Lure 47.69 6.50
71 Mâcon 46.32 4.82, Chalon-sur-Saône 46.79 4.85, Le Creusot 46.81 4.43, Autun 46.95 4.31
72 Le Mans 47.99 0.20, La Flèche 47.69 -0.06, Sablé-sur-Sarthe 47.84 -0.35
73 Chambéry 45.58 5.91, Aix-les-Bains 45.70 5.90, Albertville 45.67 6.40
74 Annecy 45.89 6.13, Thonon-les-Bains 46.37 6.48, Annemasse 46.19 6.24, Cluses 46.06 6.58
75 Paris 11e Arrondissement 48.86 2.38, Paris 13e Arrondissement 48.83 2.36, Paris 15e Arrondissement 48.84 2.29, Paris 18e Arrondissement 48.89 2.35, Paris 20e Arrondissement 48.86 2.40
76 Rouen 49.44 1.09, Le Havre 49.50 0.14, Dieppe 49.92 1.09, Elbeuf 49.28 1.00
77 Melun 48.54 2.66, Meaux 48.96 2.90, Fontainebleau 48.41 2.68, Provins 48.56 3.29
78 Versailles 48.80 2.12, Mantes-la-Jolie 49.00 1.69, Poissy 48.92 2.03, Rambouillet 48.65 1.83
79 Niort 46.33 -0.47, Bressuire 46.85 -0.48, Parthenay 46.65 -0.23
80 Amiens 49.90 2.29, Abbeville 50.11 1.83, Péronne 49.93 2.93
81 Albi 43.93 2.15, Castres 43.62 2.24, Gaillac 43.92 1.89
82 Montauban 44.02 1.36, Moissac 44.13 1.10, Castelsarrasin 44.05 1.12
83 Toulon 43.14 5.93, Fréjus 43.47 6.76, Hyères 43.10 6.19, Draguignan 43.54 6.45
84 Avignon 43.94 4.84, Orange 44.13 4.81, Carpentras 44.06 5.06, Cavaillon 43.85 5.04
85 La Roche-sur-Yon 46.67 -1.41, Les Sables-d'Olonne 46.50 -1.79, Fontenay-le-Comte 46.46 -0.79
86 Poitiers 46.58 0.36, Châtellerault 46.82 0.55, Loudun 47.01 0.10
87 Limoges 45.85 1.25, Saint-Junien 45.90 0.89, Bellac 46.10 1.04
88 Épinal 48.16 6.48, Saint-Dié-des-Vosges 48.30 6.94, Remiremont 48.00 6.58
89 Auxerre 47.79 3.58, Sens 48.20 3.30, Joigny 48.01 3.41
90 Belfort 47.65 6.85, Delle 47.51 7.00, Valdoie 47.67 6.85
91 Évry-Courcouronnes 48.63 2.44, Massy 48.73 2.28, Corbeil-Essonnes 48.60 2.47, Étampes 48.42 2.14
92 Nanterre 48.90 2.21, Boulogne-Billancourt 48.84 2.24, Colombes 48.92 2.25, Courbevoie 48.90 2.26, Antony 48.75 2.30
93 Bobigny 48.91 2.44, Saint-Denis 48.93 2.36, Montreuil 48.86 2.45, Aulnay-sous-Bois 48.95 2.49
94 Créteil 48.78 2.45, Vitry-sur-Seine 48.79 2.39, Champigny-sur-Marne 48.82 2.52, Villejuif 48.79 2.36
95 Cergy 49.04 2.05, Argenteuil 48.95 2.24, Sarcelles 48.99 2.38, Pontoise 49.05 2.09
971 Basse-Terre 16.00 -61.73, Pointe-à-Pitre 16.24 -61.54, Les Abymes 16.27 -61.50, Le Moule 16.32 -61.37
972 Fort-de-France 14.64 -61.07, Le Lamentin 14.62 -60.99, Sainte-Marie 14.77 -61.02, Le François 14.61 -60.91
973 Cayenne 5.02 -52.50, Kourou 4.93 -52.77, Saint-Laurent-du-Maroni 4.96 -53.98
974 Saint-Denis -20.93 55.45, Saint-Pierre -21.31 55.49, Le Tampon -21.22 55.56, Saint-Paul -21.04 55.32
976 Mamoudzou -12.79 45.19, Koungou -12.75 45.19, Dzaoudzi -12.78 45.28
`
