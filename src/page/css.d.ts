/** The build bundles styles; for the types they are nothing. */
declare module "*.css";
