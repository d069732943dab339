-- Where customers live: rolls [weight_from, weight_to) of 1000 fall on a place; tax in millionths.
create table place as
select * from (values
    (0, 430, 'US', 'USD', 'en-US', 'com', 'none', '+1 555 01', [
        {city: 'New York', region: 'NY', postal: '100', time_zone: 'America/New_York', tax_ppm: 88750},
        {city: 'Chicago', region: 'IL', postal: '606', time_zone: 'America/Chicago', tax_ppm: 102500},
        {city: 'Denver', region: 'CO', postal: '802', time_zone: 'America/Denver', tax_ppm: 88100},
        {city: 'Phoenix', region: 'AZ', postal: '850', time_zone: 'America/Phoenix', tax_ppm: 86000},
        {city: 'Portland', region: 'OR', postal: '972', time_zone: 'America/Los_Angeles', tax_ppm: 0},
        {city: 'San José', region: 'CA', postal: '951', time_zone: 'America/Los_Angeles', tax_ppm: 93750},
        {city: 'Honolulu', region: 'HI', postal: '968', time_zone: 'Pacific/Honolulu', tax_ppm: 45000}],
        ['Mary', 'James', 'Zoë', 'Luis', 'Aaliyah', 'Noah', 'Renée', 'Grace'],
        ['Smith', 'Johnson', 'O''Neill', 'Nguyen', 'García', 'Brown', 'Lee', 'Washington']),
    (430, 460, 'CA', 'USD', 'fr-CA', 'net', 'none', '+1 555 02', [
        {city: 'Montréal', region: 'QC', postal: 'H2X', time_zone: 'America/Toronto', tax_ppm: 149750},
        {city: 'St. John''s', region: 'NL', postal: 'A1A', time_zone: 'America/St_Johns', tax_ppm: 150000}],
        ['Élodie', 'Liam', 'Chloé', 'William'], ['Tremblay', 'Côté', 'Roy', 'MacDonald']),
    (460, 570, 'GB', 'GBP', 'en-GB', 'org', 'gb_vat', '+44 20 7946 0', [
        {city: 'London', region: null, postal: 'EC1A', time_zone: 'Europe/London', tax_ppm: 200000},
        {city: 'Belfast', region: null, postal: 'BT1', time_zone: 'Europe/London', tax_ppm: 200000}],
        ['Oliver', 'Amelia', 'Siân', 'Niamh', 'Harry'], ['Jones', 'Taylor', 'Ó Briain', 'Patel', 'Evans']),
    (570, 680, 'DE', 'EUR', 'de-DE', 'com', 'eu_vat', '+49 30 23125 ', [
        {city: 'Köln', region: 'NW', postal: '506', time_zone: 'Europe/Berlin', tax_ppm: 190000},
        {city: 'München', region: 'BY', postal: '803', time_zone: 'Europe/Berlin', tax_ppm: 190000}],
        ['Jürgen', 'Anna', 'Björn', 'Käthe', 'Lukas'], ['Müller', 'Weiß', 'Schäfer', 'Özdemir', 'Becker']),
    (680, 750, 'FR', 'EUR', 'fr-FR', 'net', 'eu_vat', '+33 1 99 00 ', [
        {city: 'Lyon', region: null, postal: '690', time_zone: 'Europe/Paris', tax_ppm: 200000},
        {city: 'Nîmes', region: null, postal: '300', time_zone: 'Europe/Paris', tax_ppm: 200000}],
        ['François', 'Hélène', 'Loïc', 'Inès'], ['Lefèvre', 'Dubois', 'L''Hôpital', 'Moreau']),
    (750, 790, 'ES', 'EUR', 'es-ES', 'org', 'eu_vat', '+34 910 00 ', [
        {city: 'Logroño', region: null, postal: '260', time_zone: 'Europe/Madrid', tax_ppm: 210000},
        {city: 'Las Palmas', region: null, postal: '350', time_zone: 'Atlantic/Canary', tax_ppm: 70000}],
        ['Íñigo', 'Lucía', 'José', 'Begoña'], ['Muñoz', 'Ibáñez', 'de la Cruz', 'Peña']),
    (790, 815, 'IE', 'EUR', 'en-IE', 'com', 'eu_vat', '+353 20 910 ', [
        {city: 'Dún Laoghaire', region: null, postal: 'A96', time_zone: 'Europe/Dublin', tax_ppm: 230000}],
        ['Aoife', 'Seán', 'Caoimhe'], ['Murphy', 'Ní Dhomhnaill', 'Byrne']),
    (815, 840, 'PL', 'EUR', 'pl-PL', 'org', 'eu_vat', '+48 22 000 ', [
        {city: 'Łódź', region: null, postal: '90-0', time_zone: 'Europe/Warsaw', tax_ppm: 230000}],
        ['Łukasz', 'Małgorzata', 'Zbigniew'], ['Wiśniewski', 'Dąbrowska', 'Żak']),
    (840, 895, 'JP', 'JPY', 'ja-JP', 'net', 'other', '+81 3 0000 ', [
        {city: '東京', region: '東京都', postal: '100-0', time_zone: 'Asia/Tokyo', tax_ppm: 100000},
        {city: '大阪', region: '大阪府', postal: '530-0', time_zone: 'Asia/Tokyo', tax_ppm: 100000}],
        ['陽菜', '蓮', '結衣', '大翔'], ['佐藤', '鈴木', '渡辺', '髙橋']),
    (895, 915, 'KW', 'KWD', 'ar-KW', 'com', 'none', '+965 2220 ', [
        {city: 'الكويت', region: null, postal: '130', time_zone: 'Asia/Kuwait', tax_ppm: 0}],
        ['فاطمة', 'يوسف', 'مريم'], ['العتيبي', 'الصباح', 'المطيري']),
    (915, 960, 'IN', 'INR', 'en-IN', 'org', 'in_gst', '+91 22 0000 ', [
        {city: 'Mumbai', region: 'MH', postal: '400', time_zone: 'Asia/Kolkata', tax_ppm: 180000},
        {city: 'बेंगलुरु', region: 'KA', postal: '560', time_zone: 'Asia/Kolkata', tax_ppm: 180000}],
        ['Aarav', 'प्रिया', 'Vihaan', 'Ananya'], ['Sharma', 'अय्यर', 'Reddy', 'Das']),
    (960, 980, 'AE', 'AED', 'ar-AE', 'net', 'other', '+971 4 000 ', [
        {city: 'دبي', region: null, postal: '000', time_zone: 'Asia/Dubai', tax_ppm: 50000}],
        ['Omar', 'عائشة', 'Khalid'], ['المنصوري', 'Haddad', 'النعيمي']),
    (980, 990, 'BR', 'USD', 'pt-BR', 'com', 'none', '+55 11 0000 ', [
        {city: 'São Paulo', region: 'SP', postal: '01000', time_zone: 'America/Sao_Paulo', tax_ppm: 0}],
        ['João', 'Conceição', 'Antônio'], ['Gonçalves', 'Araújo', 'Silva']),
    (990, 1000, 'AU', 'USD', 'en-AU', 'org', 'other', '+61 2 5550 ', [
        {city: 'Sydney', region: 'NSW', postal: '20', time_zone: 'Australia/Sydney', tax_ppm: 100000},
        {city: 'Lord Howe Island', region: 'NSW', postal: '28', time_zone: 'Australia/Lord_Howe', tax_ppm: 100000}],
        ['Jack', 'Matilda', 'Kirra'], ['Wilson', 'Nguyễn', 'Campbell'])
) as t (weight_from, weight_to, country, currency, locale, domain, tax_kind, phone, regions, given, family);

-- Minor units of each currency in one US dollar, roughly: prices are set by market, not converted.
create table market as
select * from (values
    (0, 'USD', 100), (1, 'EUR', 95), (2, 'GBP', 80), (3, 'JPY', 150), (4, 'KWD', 310), (5, 'INR', 4000), (6, 'AED', 370)
) as t (market_no, currency, minor_per_dollar);
