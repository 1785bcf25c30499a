[assembly: Commence.CompositionRoot] // the tables of all parts are generated here, for unit tests
