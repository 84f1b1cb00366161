"""How files of the field name what we name: English, French and Spanish headers for each column of our inputs."""

from __future__ import annotations

import re

from forecast.wordlists import without_accents

# Written as `plain` leaves them; the first that stands in a file is taken, so the surer names come first.
SYNONYMS: dict[str, str] = {
    "zone": "zone site code_site site_code id_site zone_code code_zone adm3_pcode adm2_pcode pcode p_code village camp localite "
    "localidad sitio codigo_sitio lugar lieu location place facility health_facility centre_de_sante formation_sanitaire "
    "district departement destination destino code codigo id",
    "zone_name": "zone_name adm3_fr adm3_en adm3_es adm2_fr adm2_en adm2_es "
    "site_name nom_site nom_du_site nom_zone nom nombre name adm3_name adm2_name libelle localite",
    "parent": "parent district departement departamento province provincia region adm1_name adm1_fr commune municipio",
    "population_people": "population_people population pop people personnes habitants poblacion personas population_totale "
    "population_estimee poblacion_estimada estimated_population",
    "people": "people population pop personnes habitants poblacion personas individuals individus total",
    "lat": "lat latitude latitud gps_lat gps_latitude site_latitude y",
    "lon": "lon long lng longitude longitud gps_lon gps_long gps_longitude site_longitude x",
    "item": "item item_code article code_article produit code_produit product product_code commodity articulo producto "
    "material designation medicament denree",
    "period": "period periode periodo year_month annee_mois ano_mes year_week "
    "week semaine semana month mois mes date fecha date_distribution distribution_date "
    "date_de_distribution fecha_distribucion semaine_du week_start jour day dia",
    "distributed": "distributed quantity_distributed quantite_distribuee qte_distribuee distribue distribuee distribuees "
    "stock_distributed issued quantity_issued delivered livre livree consumption consommation consumo distribuido entregado "
    "cantidad_distribuida cantidad_entregada quantity quantite qte qty cantidad",
    "requested": "requested demande demandee quantite_demandee solicitado cantidad_solicitada commande quantity_requested",
    "stock_start": "stock_start stock_initial stock_debut stock_de_debut opening_stock opening_balance stock_inicial sdu_initial",
    "received": "received recu recue quantite_recue stock_received recibido cantidad_recibida entrees date_reception recu_le "
    "received_on fecha_recepcion",
    "stock_end": "stock_end stock_final stock_fin stock_de_fin closing_stock closing_balance sdu stock_restant remaining",
    "stockout_days": "stockout_days days_out jours_rupture jours_de_rupture rupture_jours nb_jours_rupture dias_sin_stock "
    "dias_desabastecimiento stock_stockout_days",
    "people_served": "people_served beneficiaries beneficiaires beneficiarios personnes_servies personas_atendidas",
    "depot": "depot depot_code code_depot entrepot magasin warehouse almacen bodega hub base",
    "name": "name nom nombre libelle designation description",
    "quantity": "quantity quantite qte qty cantidad stock en_stock on_hand stock_on_hand disponible existencias solde "
    "qte_en_stock quantite_en_stock qty_in_stock cantidad_en_stock",
    "batch": "batch lot numero_lot lote batch_number",
    "expiry": "expiry expiry_date expiration peremption date_peremption date_de_peremption caducidad vencimiento exp",
    "counted_on": "counted_on date_inventaire date_comptage inventaire inventory_date count_date fecha_inventario "
    "compte_le date fecha",
    "owner": "owner proprietaire propietario bailleur donor",
    "eta": "eta arrivee_prevue date_arrivee date_arrivee_prevue arrivee expected expected_on expected_date date_prevue "
    "date_prevue_arrivee date_arrivee_estimee llegada fecha_llegada fecha_prevista",
    "status": "status statut estado etat",
    "waybill": "waybill waybill_no bordereau lettre_de_voiture bon_de_livraison bl numero_bl guia remision carta_porte",
    "left": "left left_on depart date_depart departure dispatched_on sortie date_sortie salida fecha_salida date fecha",
    "received_quantity": "received_quantity quantite_recue qte_recue cantidad_recibida",
    "lost": "lost perdu perdus pertes perdido",
    "vehicle": "vehicle vehicule vehiculo camion truck type_vehicule type_de_vehicule vehicle_type tipo type",
    "count": "count nombre number nb numero cantidad quantite how_many",
    "payload_kg": "payload_kg charge_utile_kg charge_kg capacite_kg capacity_kg carga_kg capacidad_kg payload charge_utile",
    "payload_m3": "payload_m3 volume_m3 capacite_m3 capacity_m3 volumen_m3",
    "hours_per_day": "hours_per_day heures_par_jour heures_jour horas_por_dia horas_dia",
    "cost_per_trip": "cost_per_trip cout_par_voyage cout_voyage costo_por_viaje cost",
    "from": "from de origin origine depart origen depot entrepot desde",
    "to": "to vers destination destino site zone hacia a",
    "hours_one_way": "hours_one_way hours heures duree_h duree_heures heures_aller horas travel_hours drive_hours",
    "km": "km distance_km distance distancia_km distancia",
    "is_open": "is_open open ouvert ouverte praticable abierto abierta",
    "organisation": "organisation organization partenaire ong ngo partner organizacion socio agence agency",
    "need": "need besoin necesidad secteur sector",
    "unit": "unit unite unidad uom unite_de_mesure",
    "weight": "weight poids_priorite priorite priority prioridad peso",
    "kg_per_unit": "kg_per_unit poids_kg poids_unitaire_kg weight_kg peso_kg kg_par_unite",
    "pack": "pack conditionnement pack_size taille_du_colis empaque",
    "minimum": "minimum min minimo",
    "maximum": "maximum max maximo",
    "reason": "reason raison motif motivo razon",
    "from_code": "from_code old_code ancien_code code_avant codigo_anterior",
    "to_code": "to_code new_code nouveau_code code_apres codigo_nuevo",
    "share": "share part proportion parte",
    "tower": "tower antenne antena cell_id",
    "subscribers": "subscribers abonnes abonados",
}  # fmt: skip
YEARS, MONTHS = "year annee ano yr", "month mois mes mo"
FILES: dict[str, str] = {  # words of file names
    "records": "records distribution distributions distribuciones consumption consommation rapports reports historique",
    "zones": "zones sites sitios camps villages localites districts facilities admin adm2 adm3",
    "depots": "depots entrepots magasins warehouses almacenes bodegas",
    "stock": "stock stocks inventaire inventory inventario existencias",
    "zone_stock": "zone_stock stock_sites stocks_sites site_stock",
    "arrivals": "arrivals arrivages arrivees pipeline llegadas commandes orders",
    "fleet": "fleet vehicles vehicules camions trucks flotte vehiculos flota",
    "routes": "routes roads pistes trajets rutas carreteras distances",
    "population": "population populations poblacion recensement census",
    "items": "items articles produits products articulos productos catalogue",
    "dispatches": "dispatches expeditions envois waybills envios bordereaux",
    "planned_by_others": "planned_by_others partenaires partners autres socios",
    "commitments": "commitments engagements compromisos",
    "priorities": "priorities priorites prioridades",
}
NEEDS: dict[str, str] = {  # words of item names
    "water": "water eau agua bladder jerrycan jerrican bidon tablet_water chlore chlorine aquatab aquatabs purification potable",
    "food": "food ration vivres riz rice sorgho sorghum mil millet mais maize maiz farine flour harina huile oil aceite "
    "sucre sugar azucar haricot haricots beans pulses frijol lentilles lentils csb rutf rusf plumpy biscuit biscuits cereale "
    "cereal comida arroz",
    "care": "care kit health sante salud clinic clinique medical medicament medicine ors sro vaccin vaccine vacuna soin soins "
    "pharmacie iehk paracetamol amoxicillin hygiene savon soap dignity condom pansement malaria act",
}
GROUPS: dict[str, str] = {  # words of headers -> groups of people
    "host": "host hosts hote hotes hotesse residents autochtones acogida",
    "idp": "idp idps deplace deplaces pdi desplazado desplazados",
    "refugee": "refugee refugees refugie refugies refugiado refugiados",
    "returnee": "returnee returnees retourne retournes rapatries retornado retornados",
}
FILLERS = {"de", "du", "des", "d", "del", "l", "la", "le", "les", "en", "n", "no", "nr", "of", "the", "el", "los", "las"}
TONNES = re.compile(r"_(t|tonnes?|tons?|toneladas?)$")
NO_GOODS = {"": "price prices prix precio precios cost costs cout couts costo cases cas casos rate taux"}  # not handed out
UNITS: dict[str, str] = {  # words of item names, units and headers -> the unit
    "L": "l litre litres liter liters litro litros",
    "m3": "m3 metre_cube",
    "kg": "kg kilo kilos kilogramme kilogram",
    "kit": "kit kits",
    "ration": "ration rations racion raciones",
    "dose": "dose doses dosis vaccin vaccine vacuna",
    "tablet": "tablet tablets comprime comprimes pastilla aquatab aquatabs",
}


def plain(name: str) -> str:
    """`Quantité distribuée (L)` -> `quantite_distribuee_l`: no accents, no capitals, one underscore for all else."""
    return re.sub(r"[^a-z0-9]+", "_", without_accents(name).lower()).strip("_")


def rank(ours: str, theirs: str) -> int | None:
    """How surely a header means our column: 0 is its own name, more is less sure, None is not; a unit behind it may stay."""
    known = [ours, *SYNONYMS.get(ours, "").split()]
    header = plain(theirs)
    without_unit = re.sub(r"_(l|litres?|kg|unites?|units?|m3|nb|no|20[0-9]{2})$", "", header)
    without_unit = TONNES.sub("", without_unit) if ours == "payload_kg" else without_unit
    for name in (header, without_unit):
        if name in known:
            return known.index(name)
    bare = [_without_fillers(name) for name in known]
    return bare.index(found) if (found := _without_fillers(without_unit)) in bare else None


def _without_fillers(name: str) -> str:
    """`date_d_inventaire` -> `date_inventaire`; a name of such words only stays as it is."""
    return "_".join(word for word in name.split("_") if word not in FILLERS) or name


def meant(text: str, words: dict[str, str]) -> str | None:
    """The first key with a word that stands in `text`; None where there is none."""
    there = set(plain(text).split("_"))
    return next((key for key, listed in words.items() if there & set(listed.split())), None)
