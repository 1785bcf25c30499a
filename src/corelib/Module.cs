// Locals are not zeroed on entry: definite assignment already forbids reading them first.
[module: System.Runtime.CompilerServices.SkipLocalsInit]
