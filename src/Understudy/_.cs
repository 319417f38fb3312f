namespace Understudy;
