package demo

import "strings"

// The lists below are names that anyone in France has met, gathered by hand. Who bears which is drawn.

// surnames come roughly from the most frequent to the rarer.
var surnames = strings.Split("Martin|Bernard|Thomas|Petit|Robert|Richard|Durand|Dubois|Moreau|Laurent|Simon|Michel|"+
	"Lefèvre|Leroy|Roux|David|Bertrand|Morel|Fournier|Girard|Bonnet|Dupont|Lambert|Fontaine|Rousseau|Vincent|Müller|"+
	"Lefebvre|Faure|André|Mercier|Blanc|Guérin|Boyer|Garnier|Chevalier|François|Legrand|Gauthier|Garcia|Perrin|Robin|"+
	"Clément|Morin|Nicolas|Henry|Roussel|Mathieu|Gautier|Masson|Marchand|Duval|Denis|Dumont|Marie|Lemaire|Noël|Meyer|"+
	"Dufour|Meunier|Brun|Blanchard|Giraud|Joly|Rivière|Lucas|Brunet|Gaillard|Barbier|Arnaud|Martinez|Gérard|Roche|"+
	"Renard|Schmitt|Roy|Leroux|Colin|Vidal|Caron|Picard|Roger|Fabre|Aubert|Lemoine|Renaud|Dumas|Lacroix|Olivier|"+
	"Philippe|Bourgeois|Pierre|Benoît|Rey|Leclerc|Payet|Rolland|Leclercq|Guillaume|Lecomte|Lopez|Jean|Dupuy|Guillot|"+
	"Hubert|Berger|Carpentier|Sanchez|Dupuis|Moulin|Louis|Deschamps|Huet|Vasseur|Perez|Boucher|Fleury|Royer|Klein|"+
	"Jacquet|Adam|Paris|Poirier|Marty|Aubry|Guyot|Carré|Charles|Renault|Charpentier|Ménard|Maillard|Baron|Bertin|"+
	"Bailly|Hervé|Schneider|Fernandez|Le Gall|Collet|Léger|Bouvier|Julien|Prévost|Millet|Perrot|Daniel|Le Roux|Cousin|"+
	"Germain|Breton|Besson|Langlois|Rémy|Le Goff|Pelletier|Lévêque|Perrier|Leblanc|Barré|Lebrun|Marchal|Weber|Mallet|"+
	"Hamon|Boulanger|Jacob|Monnier|Michaud|Rodriguez|Guichard|Gillet|Étienne|Grondin|Poulain|Tessier|Chevallier|Collin|"+
	"Chauvin|Da Silva|Bouchet|Gay|Lemaître|Bénard|Maréchal|Humbert|Reynaud|Antoine|Hoarau|Perret|Barthélémy|Cordier|"+
	"Pichon|Lejeune|Gilbert|Lamy|Delaunay|Pasquier|Carlier|Laporte|Bigot|Tanguy|Thibault|Gros|Courtois|Dos Santos|"+
	"Le Corre|Vallée|Coste|Briand|Besnard|Pons|Guillou|Rousselot|Ledoux|Texier|Chartier|Fouquet|Delorme|Hardy|"+
	"de La Tour|d’Arcy|de Saint-Aubin|du Plessis|Le Bihan|Quéré|Kerbrat|L’Hostis|Ollivier|Cadiou|O’Connor|O’Brien|"+
	"Etcheverry|Iturria|Casanova|Leca|Mattei|Santoni|Ferrandi|Colonna|Boyer-Martin|Lang-Keller|Vogel|Zimmermann|"+
	"Fischer|Schaeffer|Ziegler|Vandamme|Dekeyser|Delattre|Lesage|Trouvé|Cœur|Nuñez|Châtelain|Béranger|Raoul|Ferrand|"+
	"Sauvage|Bonhomme|Tisserand|Forestier|Peltier|Grosjean|Duchêne|Prigent|Rondeau|Chapuis|Vacher|Bouquet|Magnin", "|")

// surnamesOverseas come on top in the overseas departments.
var surnamesOverseas = strings.Split("Hoarau|Payet|Grondin|Boyer|Fontaine|Rivière|Dijoux|Técher|Maillot|Lebon|Robert|"+
	"Jean-Baptiste|Jean-Louis|Marie-Joseph|Marie-Sainte|Joseph-Angélique|Saint-Prix|Sainte-Rose|Zobel|Césaire|"+
	"Pierre-Charles|Louis-Alexandre|Bellay|Placide|Cazal|Virapin|Ramassamy|Naraïnin|Moutoussamy|Ramsamy|Attoumani|"+
	"Madi|Ali Saïd|Bacar|Houmadi|Combo|Issoufi|Soulaïmana|Tareau|Polony|Ringuet|Horth", "|")

// generation holds the given names of those born before a year.
type generation struct {
	before int
	names  [sexes][]string
}

func split(names string) []string { return strings.Split(names, " ") }

var generations = []generation{
	{1935, [sexes][]string{
		split("Jean Pierre André Marcel René Louis Roger Henri Robert Georges Maurice Raymond Lucien Paul Albert Émile " +
			"Fernand Léon Gaston Eugène Joseph Charles Jules Edmond Camille Gustave Noël Ernest Firmin Théophile"),
		split("Jeanne Marie Marguerite Madeleine Yvonne Germaine Suzanne Simone Denise Lucienne Odette Paulette Raymonde " +
			"Renée Andrée Georgette Marcelle Yvette Thérèse Henriette Fernande Juliette Léa Gilberte Hélène Berthe Émilienne Solange"),
	}},
	{1950, [sexes][]string{
		split("Jean Michel Claude Pierre Jacques André Bernard Gérard Daniel Roger René Robert Guy Christian Serge Marcel " +
			"Raymond Jean-Claude Jean-Pierre Jean-Paul Jean-Louis Yves Maurice Gilbert Henri Roland Georges Francis Alain Joël"),
		split("Monique Jeannine Jacqueline Nicole Françoise Colette Michèle Denise Christiane Marie-Thérèse Josette Claudine " +
			"Simone Ginette Yvette Thérèse Arlette Andrée Danielle Jeanne Renée Huguette Geneviève Liliane Marie Annie Éliane Bernadette"),
	}},
	{1965, [sexes][]string{
		split("Philippe Alain Patrick Michel Christian Pascal Thierry Bernard Éric Didier Gérard Jean-Luc Bruno Dominique " +
			"Daniel François Marc Jean-Marc Gilles Serge Denis Jean-François Olivier Hervé Régis Joël Francis Yves Rémi"),
		split("Martine Catherine Sylvie Brigitte Françoise Christine Chantal Dominique Annie Patricia Isabelle Nathalie " +
			"Véronique Marie-Christine Corinne Évelyne Nicole Michèle Pascale Joëlle Anne Marie-France Élisabeth Ghislaine Régine Odile"),
	}},
	{1980, [sexes][]string{
		split("Christophe Laurent Stéphane Frédéric David Olivier Nicolas Sébastien Jérôme Éric Pascal Franck Bruno Cédric " +
			"Vincent Fabrice Arnaud Thierry Emmanuel Guillaume Ludovic François Grégory Xavier Yann Benoît Jérémie Loïc"),
		split("Nathalie Isabelle Valérie Sandrine Stéphanie Christelle Céline Karine Virginie Sophie Véronique Séverine " +
			"Delphine Laurence Sylvie Aurélie Anne Carole Magali Frédérique Hélène Cécile Florence Agnès Laëtitia Corinne Gaëlle"),
	}},
	{1995, [sexes][]string{
		split("Julien Nicolas Thomas Alexandre Maxime Kévin Anthony Romain Jérémy Guillaume Mathieu Florian Benjamin Clément " +
			"Adrien Quentin Antoine Vincent Valentin Mickaël Pierre Rémi Simon Mehdi Karim Bastien Damien Aurélien Loïc"),
		split("Émilie Laura Marine Aurélie Julie Élodie Céline Pauline Marion Camille Mélanie Mathilde Amandine Charlotte " +
			"Justine Sarah Manon Anaïs Audrey Claire Fanny Lucie Morgane Élise Noémie Gaëlle Maëva Nadia Jennifer"),
	}},
	{2008, [sexes][]string{
		split("Lucas Théo Thomas Hugo Maxime Enzo Antoine Clément Alexandre Quentin Nathan Louis Valentin Mathis Baptiste " +
			"Romain Tom Alexis Paul Noah Yanis Rayan Mohamed Axel Matéo Raphaël Jules Gaël Maël"),
		split("Léa Manon Chloé Emma Camille Océane Marie Sarah Inès Laura Lucie Clara Mathilde Jade Anaïs Lisa Marine Eva " +
			"Louise Zoé Juliette Maëlys Yasmine Alice Ambre Romane Elisa Noémie Éloïse"),
	}},
	{9999, [sexes][]string{
		split("Gabriel Léo Raphaël Louis Adam Jules Lucas Hugo Maël Arthur Liam Nathan Ethan Paul Noé Sacha Gabin Tom " +
			"Aaron Mohamed Noah Théo Eden Timéo Marius Isaac Naël Côme Augustin"),
		split("Jade Louise Emma Alice Ambre Lina Rose Chloé Mia Léa Anna Mila Julia Romy Inès Lou Léna Agathe Juliette " +
			"Éva Nina Zoé Inaya Victoire Léonie Alma Iris Capucine Soline"),
	}},
}

// origin is a country of birth with the names usual there.
type origin struct {
	country  int // its three digits in a NIR
	surnames []string
	names    [sexes][]string
}

var origins = []origin{
	{352, split("Benali Belkacem Haddad Mansouri Bouzid Khelifi Brahimi Saïdi Ziani Meziane Boudiaf Hamidi"), [sexes][]string{
		split("Mohamed Ahmed Rachid Karim Abdelkader Ali Samir Farid Youcef"), split("Fatima Yamina Nadia Khadidja Samira Malika Zohra Leïla Houria"),
	}},
	{350, split("El_Amrani Benjelloun Alaoui El_Idrissi Tazi Bennani Chraïbi Ouali Lahlou El_Mansouri"), [sexes][]string{
		split("Hassan Mohammed Driss Abdellah Youssef Omar Rachid"), split("Fatiha Aïcha Naïma Rachida Khadija Saïda Hanane"),
	}},
	{351, split("Trabelsi Ben_Salah Jaziri Gharbi Mabrouk Ben_Youssef Chaabane Ferjani"), [sexes][]string{
		split("Habib Moncef Hédi Slim Nabil Béchir"), split("Habiba Sonia Mounira Raja Olfa Monia"),
	}},
	{139, split("Da_Silva Ferreira Pereira Dos_Santos Rodrigues De_Oliveira Gonçalves Fernandes Lopes Ribeiro"), [sexes][]string{
		split("José Manuel António Carlos João Fernando Paulo"), split("Maria Ana Fernanda Rosa Conceição Lúcia Isabel"),
	}},
	{134, split("García López Sánchez Fernández Martínez Ruiz Gómez Muñoz Romero"), [sexes][]string{
		split("Antonio Francisco José Manuel Juan Miguel"), split("Carmen Dolores Pilar Josefa Isabel Mercedes"),
	}},
	{127, split("Rossi Bianchi Esposito Ricci Marino Greco Conti De_Luca Moretti D’Angelo"), [sexes][]string{
		split("Giuseppe Antonio Salvatore Mario Luigi Vincenzo"), split("Maria Rosa Giuseppina Concetta Angela Lucia"),
	}},
	{122, split("Kowalski Nowak Wójcik Wiśniewski Lewandowski Zieliński Woźniak"), [sexes][]string{
		split("Jan Stanisław Józef Piotr Marek"), split("Anna Maria Zofia Krystyna Ewa"),
	}},
	{208, split("Yılmaz Kaya Demir Şahin Çelik Öztürk Doğan Aydın"), [sexes][]string{
		split("Mehmet Mustafa Ali Hüseyin İbrahim Murat"), split("Fatma Ayşe Emine Zeynep Hatice Elif"),
	}},
	{341, split("Diop Ndiaye Fall Sow Diallo Gueye Mbaye Seck"), [sexes][]string{
		split("Mamadou Moussa Ibrahima Ousmane Cheikh Abdoulaye"), split("Aminata Fatou Awa Mariama Ndèye Khady"),
	}},
	{335, split("Traoré Coulibaly Keïta Diarra Sissoko Cissé Konaté"), [sexes][]string{
		split("Boubacar Amadou Modibo Seydou Bakary Drissa"), split("Kadiatou Oumou Assétou Fanta Rokia Djénéba"),
	}},
	{326, split("Kouassi Koné N’Guessan Ouattara Yao Kouamé Konan"), [sexes][]string{
		split("Kouadio Serge Didier Adama Souleymane"), split("Adjoua Mariam Affoué Chantal Akissi"),
	}},
	{312, split("Mbemba Ilunga Kabongo Tshibangu Mutombo Lukoki Kalala"), [sexes][]string{
		split("Jean-Bosco Patrice Dieudonné Christian Pascal"), split("Mireille Béatrice Clarisse Nadine Espérance"),
	}},
	{243, split("Nguyễn Trần Lê Phạm Huỳnh Võ Đặng"), [sexes][]string{
		split("Văn-Minh Quang Hùng Thanh Đức"), split("Thị-Mai Lan Hương Thu-Hà Ngọc"),
	}},
	{216, split("Chen Wang Zhang Liu Wu Zheng Huang"), [sexes][]string{
		split("Wei Jian Ming Guohua Lei"), split("Xiaoyan Mei Li-Hua Yan Fang"),
	}},
	{235, split("Sivakumar Rajaratnam Nadarajah Kandasamy Selvarajah"), [sexes][]string{
		split("Suresh Raj Kumar Nathan Mohan"), split("Priya Kamala Lakshmi Shanthi Nila"),
	}},
	{132, split("Smith Walker O’Neill MacLeod Wright Hughes"), [sexes][]string{
		split("John Peter David Stephen Ian"), split("Margaret Susan Helen Jane Fiona"),
	}},
	{109, split("Müller Schröder Weiss Köhler Lange Böhm"), [sexes][]string{
		split("Hans Klaus Jürgen Wolfgang Stefan"), split("Ursula Monika Petra Sabine Käthe"),
	}},
	{397, split("Saïd Mohamed Abdou Ahamada Mze Soilihi Youssouf"), [sexes][]string{
		split("Saïd Abdallah Ibrahim Mohamed Salim"), split("Échati Moinaécha Zaïnaba Fatima Hadidja"),
	}},
}
