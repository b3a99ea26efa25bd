/** The build bundles styles; for the types they are empty modules. */
declare module "*.css";
