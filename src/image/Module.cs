[assembly: Commence.CompositionRoot] // the tables of all parts are generated here
[module: System.Runtime.CompilerServices.SkipLocalsInit]
