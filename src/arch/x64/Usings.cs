global using System;
global using System.Threading;
