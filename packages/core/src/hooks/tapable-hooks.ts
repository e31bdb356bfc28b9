/** What a run needs of tapable, in a module of its own so that it is loaded when a run begins. */
export { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
